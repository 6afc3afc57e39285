"""SMART that smartctl tells inside a container which has the disks: one disk after the other, rarely, none that sleeps.

Running a command is an order to the engine, but it changes nothing: the commands are the two of `sources/smartctl.py`,
in the container's own rights, with nothing that a person typed in them.
"""

from collections.abc import Mapping
import logging
import time
from typing import Any, Final

from ...guardian.contract import NotDone
from ...prediction.reading import Reading, Unread, are_two
from ..errors import CallFailed, CannotConnect, ClientError, NotSupported, PermissionDenied
from ..smartctl import SCAN, Device, outcome, read_command, scanned
from .client import EngineClient
from .model import Container

_LOGGER = logging.getLogger(__name__)

MINUTE, HOUR = 60.0, 3600.0
# the model was trained on one reading a day; a disk that slept is asked for its power mode again after an hour
AGAIN, ASLEEP_AGAIN = 6 * HOUR, HOUR
# one that did not answer may hang for minutes, and nobody can end the command
HUNG_AGAIN: Final = 24 * HOUR
# disks may come and go with the container
SCAN_AGAIN, SOONEST = 24 * HOUR, 10 * MINUTE
WAIT: Final = 10 * MINUTE
# for so long an engine must list all its containers, and none that could read, before that is so for good
GONE: Final = 24 * HOUR
# what counts of the time between two lists at most: nobody has looked while the engine was away
STEP: Final = 10 * MINUTE
SCANNING, READING = 20.0, 45.0
# a device that answers so has no serial, unless it had one before
_NAMELESS: Final = frozenset({Unread.NO_DEVICE, Unread.NOTHING_IN_IT})
# images that are known to carry smartctl: author and name, for whoever reads a disk can also make up what it says
_CARRIERS: Final = frozenset(
    {
        "analogj/scrutiny",
        "starosdev/scrutiny",
        "linuxserver/scrutiny",
        "prometheuscommunity/smartctl-exporter",
        "matusnovak/prometheus-smartctl",
    }
)


def carries_smartctl(image: str) -> bool:
    """Return whether an image is known to carry smartctl: `ghcr.io/analogj/scrutiny:master-omnibus`."""
    name, _, tag = image.partition("@")[0].lower().rpartition("/")[2].partition(":")
    author = image.lower().split("/")[-2:-1]
    # of Scrutiny's three images the one of its web page has none
    return f"{''.join(author)}/{name}" in _CARRIERS and not tag.endswith("web")


class SmartReading:
    """Reads the disks of one engine's machine. wanted: the container that a person named, "" for one that is found."""

    def __init__(self, client: EngineClient, wanted: str = "", *, allowed: bool = True) -> None:
        self._client = client
        self._wanted = wanted
        self._allowed = allowed
        # the newest readings, by serial
        self._readings: dict[str, Reading] = {}
        # by serial, too: what was read; and those that several disks give
        self._read_of: dict[str, Device] = {}
        # what each device last turned out to be: a serial, or None where it gives none
        self._seen: dict[Device, str | None] = {}
        # there is nothing for it: somebody else reads the disks, a person does not want it, or there is none
        self._has_none = not allowed
        # for how many seconds no container could have read, stopped ones as well; and when that was looked at last
        self._without = 0.0
        self._looked: float | None = None
        self._doubled: set[str] = set()
        self._refused: NotSupported | PermissionDenied | None = NotSupported("smartctl in a container")
        self._carrier = ""
        self._devices: tuple[Device, ...] = ()
        self._scan_due = self._quiet_until = 0.0
        self._due: dict[Device, float] = {}
        self._asleep: set[Device] = set()

    def told(self) -> Mapping[str, Reading]:
        """Return what was read. Raises NotSupported and PermissionDenied where nothing can be."""
        if self._refused is not None:
            raise self._refused
        return self._readings

    def listed(self) -> frozenset[str] | None:
        """Return the serials of the disks that it has, None while that is not known of each of its devices."""
        if self._has_none:
            return frozenset()
        if self._refused is not None or not self._seen.keys() >= {*self._devices}:
            return None
        return frozenset(serial for serial in self._seen.values() if serial is not None)

    def report(self) -> dict[str, Any]:
        """Return what helps to find a fault, without names and serials."""
        return {
            "refused": str(self._refused) if self._refused else None,
            "named": bool(self._wanted),
            "devices": len(self._devices),
            "read": len(self._readings),
            "asleep": len(self._asleep),
        }

    def carrier(self, containers: Mapping[str, Container], *, read_elsewhere: bool) -> Container | None:
        """Return the container to run smartctl in. read_elsewhere: something else reads the disks, so none is looked for."""
        if not self._allowed:
            return None
        if self._wanted:
            found = containers.get(self._wanted)
            return found if found is not None and found.running else None
        if read_elsewhere:
            return None
        fitting = (each for each in containers.values() if each.running and carries_smartctl(each.image))
        return min(fitting, key=lambda each: each.name, default=None)

    async def step(
        self,
        containers: Mapping[str, Container],
        source: str,
        *,
        read_elsewhere: bool = False,
        whole: bool = True,
        now: float | None = None,
    ) -> bool:
        """Read the disk whose turn it is; returns whether there is a new reading, or none can be had any more.

        At most one command in a step, and a step a minute.

        whole: whether these are all containers of the engine; now: seconds that only run forward.
        """
        now = time.monotonic() if now is None else now
        found = self.carrier(containers, read_elsewhere=read_elsewhere)
        lost = self._is_lost(containers, whole=whole, now=now)
        if found is None:
            self._has_none = not self._allowed or (read_elsewhere and not self._wanted) or lost
            return self._refuse(NotSupported("smartctl in a container"))
        if now < self._quiet_until:
            return False
        try:
            if self._wants_scan(found.id, now):
                # a step of its own: a command is three requests, and there are other things to ask an engine for
                return await self._scan(found, now)
            return bool(self._devices) and await self._read_next(found.id, source, now)
        except (PermissionDenied, NotSupported) as err:
            self._quiet_until = now + HUNG_AGAIN
            return self._refuse(err)
        except ClientError as err:
            # it was stopped or paused meanwhile, or the engine is away
            _LOGGER.debug("smartctl could not be run: %s", err)
            self._quiet_until = now + WAIT
            return False

    def _is_lost(self, containers: Mapping[str, Container], *, whole: bool, now: float) -> bool:
        """Return whether the container that reads was removed, and no other one came for a day; one that is stopped may start."""
        step, self._looked = min(now - (now if self._looked is None else self._looked), STEP), now
        if self._wanted in containers or (
            not self._wanted and any(carries_smartctl(each.image) for each in containers.values())
        ):
            self._without = 0.0
        elif whole:
            self._without += step
        return self._without >= GONE

    def _refuse(self, err: NotSupported | PermissionDenied) -> bool:
        news = self._refused is None
        self._refused = err
        return news

    def _wants_scan(self, container: str, now: float) -> bool:
        """Return whether to ask which disks there are; one that is made anew again and again is not asked each time."""
        soonest = self._scan_due - SCAN_AGAIN + SOONEST
        return now >= self._scan_due or (container != self._carrier and now >= soonest)

    async def _scan(self, container: Container, now: float) -> bool:
        """Ask which disks it sees; returns whether none can be read any more."""
        self._scan_due = now + SCAN_AGAIN
        done = await self._client.execute(container.id, [*SCAN], reading=True, deadline=SCANNING)
        self._devices = scanned(done.exit_code, done.output.stdout)
        self._carrier = container.id
        self._asleep &= set(self._devices)
        self._doubled.clear()
        self._seen = {device: serial for device, serial in self._seen.items() if device in self._devices}
        self._has_none = not self._devices
        self._drop_gone()
        if not self._devices:
            return self._refuse(NotSupported("disks in that container"))
        self._refused = None
        return False

    async def _read_next(self, container: str, source: str, now: float) -> bool:
        """Read the disk that has waited longest, where one is due."""
        device = min(self._devices, key=lambda each: (self._due.get(each, 0.0), each))
        return self._due.get(device, 0.0) <= now and await self._read(container, device, source, now)

    async def _read(self, container: str, device: Device, source: str, now: float) -> bool:
        """Read one disk; whatever comes of it, it is left alone for an hour at least."""
        self._due[device] = now + HUNG_AGAIN
        command = [*read_command(device)]
        try:
            done = await self._client.execute(container, command, reading=True, deadline=READING)
        except CallFailed:
            self._due[device] = now + ASLEEP_AGAIN
            raise
        except CannotConnect as err:
            if isinstance(err, NotDone):
                self._due[device] = now + ASLEEP_AGAIN
            raise
        found = outcome(done.exit_code, done.output.stdout, source)
        asleep = found is Unread.ASLEEP
        self._due[device] = now + (ASLEEP_AGAIN if asleep else AGAIN)
        (self._asleep.add if asleep else self._asleep.discard)(device)
        if isinstance(found, Reading) and found.serial is not None:
            return self._note(device, found.serial, found)
        nameless = isinstance(found, Reading) or found in _NAMELESS
        if found is Unread.GONE or (nameless and device not in self._seen):
            self._see(device, None)
        return False

    def _see(self, device: Device, serial: str | None) -> None:
        """Note what a device is. Names are given anew: where it was another disk, that one may have another name now."""
        if serial is not None and self._seen.get(device, serial) != serial:
            for other in [each for each, known in self._seen.items() if known == serial]:
                del self._seen[other]
                self._due.pop(other, None)
        self._seen[device] = serial
        self._drop_gone()

    def _drop_gone(self) -> None:
        """Drop what was read of disks that are not among the devices any more."""
        if (there := self.listed()) is not None:
            for serial in self._readings.keys() - there:
                del self._readings[serial]

    def _note(self, device: Device, serial: str, found: Reading) -> bool:
        """Keep a reading; a serial that a USB box gives several disks says of none which it is."""
        self._see(device, serial)
        before = self._readings.get(serial)
        if before is not None and self._read_of[serial] != device and are_two(before, found):
            self._doubled.add(serial)
            del self._readings[serial]
        if serial in self._doubled:
            return False
        self._readings[serial], self._read_of[serial] = found, device
        return True
