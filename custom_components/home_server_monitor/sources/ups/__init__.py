"""A UPS behind Network UPS Tools: whether the house is fed, and for how long its battery lasts."""

from ..kind import ServiceKind
from .coordinator import UpsCoordinator
from .entities import PLATFORMS, TABLES
from .flow import SAME, SCHEMA, SECRETS, address_in, probe, typed
from .options import OPTIONS, wrong_options

KIND = ServiceKind(
    key="ups",
    product="UPS",
    schema=SCHEMA,
    secrets=SECRETS,
    probe=probe,
    make=UpsCoordinator,
    platforms=PLATFORMS,
    tables=TABLES,
    options=OPTIONS,
    wrong_options=wrong_options,
    host="host",
    address=address_in,
    typed=typed,
    same=SAME,
)
