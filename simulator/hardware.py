"""The machine of the server: its processor, memory and boots, and what its sensors and counters show."""

from .clock import DAY, Clock
from .network import Interface
from .noise import digest, jitter, wander
from .storage import Disk


class Hardware:
    """One machine. Everything is public: tests may change it."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.seed = seed
        self.cpu_model = "12th Gen Intel(R) Core(TM) i5-12400"
        self.threads = 12
        self.cores = 6
        self.memory = 64 << 30
        self.memory_used_share = 0.52
        self.cpu_percent = 9.0
        self.cpu_temperature = 41.0
        self.booted = clock.now() - 23 * DAY
        self.boot_count = 0
        self.started = clock.now()

    def uptime(self) -> float:
        """Seconds since boot."""
        return self.clock.now() - self.booted

    @property
    def boot_id(self) -> str:
        """A UUID that is new after each boot."""
        text = digest(self.seed, "boot", self.boot_count)
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"

    @property
    def host_id(self) -> str:
        """What identifies the machine for good."""
        return digest(self.seed, "host")

    # Numbers that wander

    def wobble(self, key: str, period: float = 60.0) -> float:
        """A drifting number in [-1, 1]; it stands still in a frozen world."""
        return wander(self.seed, key, self.clock.motion(), period)

    def cpu_usage(self, thread: int | None = None) -> float:
        """Per cent, of one thread or of all; wanders by three points."""
        key = "cpu" if thread is None else f"cpu{thread}"
        base = self.cpu_percent if thread is None else self.cpu_percent + 4 * jitter(self.seed, key, 0)
        return min(100.0, max(0.0, base + 3.0 * self.wobble(key, 10.0)))

    def memory_available(self) -> int:
        """Bytes; wanders by one point."""
        share = 1.0 - self.memory_used_share + 0.01 * self.wobble("memory", 20.0)
        return int(self.memory * share)

    def disk_temperature(self, disk: Disk) -> float:
        """Degrees Celsius; wanders by one degree."""
        base = disk.temperature + disk.heat
        return round(base + self.wobble(f"heat{disk.serial}", 600.0), 1)

    def disk_counters(self, disk: Disk) -> tuple[int, int]:
        """Bytes read and written since the counters began."""
        awake = max(0.0, self.clock.motion() - disk.counters_since)
        return disk.read_base + int(awake * 1_450_000), disk.write_base + int(awake * 610_000)

    def interface_rates(self, interface: Interface) -> tuple[float, float]:
        """Bytes per second received and sent."""
        swing = 1.0 + 0.25 * self.wobble(f"net{interface.name}", 8.0)
        return interface.rx_rate * swing, interface.tx_rate * swing
