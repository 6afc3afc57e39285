"""Where a simulation answers, and with which keys it lets somebody in."""

from .arr.mooring import Arrs
from .harbour import Harbour
from .nut import Nut
from .quay import Quay
from .tls import Certificate
from .wire import Wire
from .world import World

# how it is called at its quay
SCRUTINY = "scrutiny"


class Doors:
    """What clients need to know of a simulation."""

    world: World
    certificate: Certificate | None
    _tls: bool
    _wire: Wire | None
    _collector: Quay
    _nut: Nut | None
    _harbour: Harbour | None
    _arrs: Arrs | None
    _control_port: int

    @property
    def wire(self) -> Wire:
        """The cable."""
        assert self._wire is not None
        return self._wire

    @property
    def url(self) -> str:
        """Where the TrueNAS answers."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.wire.port}"

    @property
    def scrutiny_url(self) -> str:
        """Where Scrutiny answers; KeyError where it was not asked for."""
        return self._collector.url(SCRUTINY)

    @property
    def nut(self) -> Nut:
        """The server of the UPS; KeyError where it was not asked for."""
        if self._nut is None:
            raise KeyError("no UPS was asked for")
        return self._nut

    @property
    def has_nut(self) -> bool:
        """Whether there is the server of the UPS."""
        return self._nut is not None

    @property
    def control_url(self) -> str:
        """Where the switchboard answers."""
        return f"http://127.0.0.1:{self._control_port}"

    @property
    def api_key(self) -> str:
        """A full administrator's key."""
        return self.world.keys[1].text

    @property
    def readonly_key(self) -> str:
        """A READONLY_ADMIN's key (25.04 on; before, keys have no roles)."""
        return self.world.keys[2].text

    @property
    def limited_key(self) -> str:
        """A key below READONLY_ADMIN."""
        return self.world.keys[3].text

    @property
    def username(self) -> str:
        """Whose `api_key` is; the other keys belong to `watcher` and `graphs`."""
        return self.world.keys[1].username

    @property
    def fingerprint(self) -> str | None:
        """SHA-256 of the certificate in hex; None over plain http."""
        return self.certificate.fingerprint if self.certificate else None

    @property
    def harbour(self) -> Harbour:
        """Engine, Portainer and registry; KeyError where they were not asked for."""
        if self._harbour is None:
            raise KeyError("no containers were asked for")
        return self._harbour

    @property
    def has_harbour(self) -> bool:
        """Whether there are engine, Portainer and registry."""
        return self._harbour is not None

    @property
    def arrs(self) -> Arrs:
        """Sonarr, Radarr and Prowlarr; KeyError where they were not asked for."""
        if self._arrs is None:
            raise KeyError("no Arrs were asked for")
        return self._arrs

    @property
    def has_arrs(self) -> bool:
        """Whether there are Sonarr, Radarr and Prowlarr."""
        return self._arrs is not None
