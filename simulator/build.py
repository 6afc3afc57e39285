"""Builds the home server that everything here is about."""

from .accounts import ApiKey, User
from .clock import DAY, Clock
from .noise import digest, number
from .populate import add_network, add_services, add_tasks
from .storage import Dataset, Disk, Pool, Scan, SelfTest, Vdev
from .workloads_catalogue import add_apps, add_machines
from .world import World

TB = 10**12
GIB = 1 << 30
WD_4TB = 4_000_787_030_016
SEAGATE_8TB = 8_001_563_222_016
NVME_1TB = 1_000_204_886_016
SSD_120GB = 120_034_123_776

FULL = frozenset({"FULL_ADMIN"})
READONLY = frozenset({"READONLY_ADMIN"})
LIMITED = frozenset({"REPORTING_READ", "ALERT_LIST_READ"})


def _wd(name: str, serial: str, seed: int, temperature: float, hours: int) -> Disk:
    lunid = "50014ee2" + digest(seed, serial)[:8]
    return Disk(
        serial=serial,
        model="WDC_WD40EFRX-68N32N0",
        name=name,
        size=WD_4TB,
        kind="HDD",
        bus="SATA",
        rotation=5400,
        lunid=lunid,
        temperature=temperature,
        hours=hours,
        read_base=41 * TB,
        write_base=19 * TB,
        tests=[SelfTest("SHORT", hours - 20), SelfTest("LONG", hours - 190), SelfTest("SHORT", hours - 188)],
    )


def home_disks(seed: int) -> list[Disk]:
    """Five drives: a mirror from one batch, a single media disk, an NVMe for apps, a boot SSD."""
    first, second = "WD-WCC7K4AA17XU", "WD-WCC7K4AA17XT"
    media, nvme, boot = "ZR15K0XV", "S649NF0R512873K", "50026B7784D1C20E"
    return [
        Disk(
            serial=boot,
            model="KINGSTON_SA400S37120G",
            name="sda",
            size=SSD_120GB,
            kind="SSD",
            bus="SATA",
            rotation=None,
            lunid="50026b7784d1c20e",
            temperature=31.0,
            hours=31_870,
            wear_percent=12,
            read_base=2 * TB,
            write_base=7 * TB,
        ),
        _wd("sdb", first, seed, 34.0, 38_112),
        _wd("sdc", second, seed, 35.0, 38_112),
        Disk(
            serial=media,
            model="ST8000VN004-3CP101",
            name="sdd",
            size=SEAGATE_8TB,
            kind="HDD",
            bus="SATA",
            rotation=7200,
            lunid="5000c500" + digest(seed, media)[:8],
            temperature=38.0,
            hours=21_407,
            standby_minutes=60,
            read_base=88 * TB,
            write_base=12 * TB,
            tests=[SelfTest("SHORT", 21_390), SelfTest("LONG", 21_210)],
        ),
        Disk(
            serial=nvme,
            model="Samsung SSD 980 PRO 1TB",
            name="nvme0n1",
            size=NVME_1TB,
            kind="SSD",
            bus="NVME",
            rotation=None,
            lunid="eui.002538" + digest(seed, nvme)[:10],
            temperature=46.0,
            hours=14_250,
            wear_percent=4,
            read_base=33 * TB,
            write_base=48 * TB,
        ),
    ]


def _leaf(world: World, disk: Disk) -> Vdev:
    return Vdev("DISK", world.guid("leaf", disk.serial), disk=disk)


def _finished_scrub(world: World, days_ago: float, total: int, rate: float) -> Scan:
    start = world.clock.now() - days_ago * DAY
    seconds = total / rate
    return Scan("SCRUB", "FINISHED", start, total, rate, end=start + seconds, done=total)


def _home_pools(world: World) -> None:
    boot, first, second, media, nvme = world.disks
    mirror = Vdev("MIRROR", world.guid("mirror-0"), [_leaf(world, first), _leaf(world, second)])
    world.pools = [
        Pool(1, "tank", world.guid("tank"), [mirror], fragmentation=11),
        Pool(2, "media", world.guid("media"), [_leaf(world, media)], fragmentation=3),
        Pool(3, "apps", world.guid("apps"), [_leaf(world, nvme)], fragmentation=27, autotrim=True),
    ]
    world.boot_pool = Pool(0, "boot-pool", world.guid("boot-pool"), [_leaf(world, boot)], fragmentation=9)


def _home_datasets(world: World) -> None:
    """(name, own bytes, growth a day)."""
    created = world.clock.now() - 900 * DAY
    for name, own, growth in (
        ("tank", 152 << 20, 0),
        ("tank/documents", 184 * GIB, 160 << 20),
        ("tank/photos", 1380 * GIB, 900 << 20),
        ("tank/backups", 402 * GIB, 220 << 20),
        ("tank/backups/laptops", 231 * GIB, 300 << 20),
        ("tank/private", 61 * GIB, 0),
        ("tank/vm", 98304, 0),
        ("tank/vm/debian", 41 * GIB, 40 << 20),
        ("media", 98304, 0),
        ("media/movies", 3480 * GIB, 1700 << 20),
        ("media/series", 2700 * GIB, 2100 << 20),
        ("media/downloads", 148 * GIB, 0),
        ("apps", 140 << 20, 0),
        ("apps/ix-apps", 118 * GIB, 350 << 20),
        ("apps/config", 37 * GIB, 30 << 20),
    ):
        world.datasets[name] = Dataset(name, own, growth, created=created)
    world.datasets["tank/private"].encrypted = True
    world.datasets["tank/private"].locked = True
    world.datasets["tank/private"].comment = "unlock by hand"
    world.datasets["tank/vm/debian"].volume_size = 64 * GIB
    world.datasets["tank/backups/laptops"].quota = 400 * GIB


def scaled_disks(world: World, count: int) -> None:
    """`count` drives more: RAIDZ2 vdevs of eight, eight to a pool; what is left over stays unused."""
    created = world.clock.now() - 400 * DAY
    vdevs: list[Vdev] = []
    for index in range(count):
        serial = f"ZL2{number(world.seed, 'bulk', index, bits=30):08X}"
        disk = Disk(
            serial=serial,
            model="ST16000NM001G-2KK103",
            name=f"sd{_letters(index + 26)}",
            size=16_000_900_661_248,
            kind="HDD",
            bus="SATA",
            rotation=7200,
            lunid="5000c500" + digest(world.seed, serial)[:8],
            temperature=33.0 + index % 7,
            hours=12_000 + index * 3,
            read_base=20 * TB,
            write_base=9 * TB,
        )
        world.disks.append(disk)
        if index >= count - count % 8:
            continue
        if index % 8 == 0:
            vdevs.append(Vdev("RAIDZ2", world.guid("raidz", index)))
        vdevs[-1].children.append(_leaf(world, disk))
    for start in range(0, len(vdevs), 8):
        position = len(world.pools) + 1
        name = f"bulk{start // 8 + 1}"
        world.pools.append(Pool(position, name, world.guid(name), vdevs[start : start + 8], fragmentation=6))
        world.datasets[name] = Dataset(name, 4 * TB, created=created)
        world.datasets[f"{name}/archive"] = Dataset(f"{name}/archive", 11 * TB, 4 << 30, created=created)


def _letters(index: int) -> str:
    """0 → a, 25 → z, 26 → aa: how the kernel goes on after sdz."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(97 + rest) + text
    return text


def _accounts(world: World) -> None:
    now = world.clock.now()
    world.users = [
        User(1, 0, "root", "root", ("FULL_ADMIN",), builtin=True, password_disabled=True),
        User(70, 950, "truenas_admin", "Local Administrator", ("FULL_ADMIN",), builtin=True, two_factor=True),
        User(71, 3000, "homeassistant", "Home Assistant", ("FULL_ADMIN",), password_disabled=True),
        User(72, 3001, "watcher", "Read-only watcher", ("READONLY_ADMIN",), password_disabled=True),
        User(73, 3002, "graphs", "Graphs only", tuple(sorted(LIMITED)), password_disabled=True),
    ]
    for position, (name, user, roles, calls) in enumerate(
        (
            ("home assistant", "homeassistant", FULL, ("*",)),
            ("watcher", "watcher", READONLY, ("*",)),
            ("graphs", "graphs", LIMITED, ("reporting.*", "alert.list", "system.version", "core.*")),
        ),
        start=1,
    ):
        secret = digest(world.seed, "key", name)
        world.keys[position] = ApiKey(position, name, secret, user, roles, now - 200 * DAY, calls)


def build(clock: Clock, *, seed: int = 1, disks: int | None = None, apps: int | None = None) -> World:
    """The home server; `disks` and `apps` are totals to scale up to."""
    world = World(clock, seed)
    world.disks = home_disks(seed)
    _home_pools(world)
    _home_datasets(world)
    if disks is not None and disks > len(world.disks):
        scaled_disks(world, disks - len(world.disks))
    add_services(world)
    add_network(world)
    add_tasks(world)
    for pool, days in zip([*world.pools, world.boot_pool], (9.0, 10.0, 8.0, *(7.0,) * 99), strict=False):
        pool.scan = _finished_scrub(world, days, world.allocated(pool), 165e6 * len(pool.data))
    add_apps(world, apps)
    add_machines(world)
    _accounts(world)
    world.raise_alert(
        "ZpoolCapacityNotice",
        "NOTICE",
        'Space usage for pool "media" is 85%. Optimal pool performance requires used space to remain below 80%.',
        {"volume": "media", "capacity": 85},
    )
    world.raise_alert(
        "CertificateIsExpiring",
        "NOTICE",
        "Certificate 'home-lan' is expiring within 21 days.",
        "home-lan",
    )
    return world
