"""The kinds of system that can be watched: one folder each, one registry line each."""

from .kind import ServiceKind
from .truenas import KIND as TRUENAS

KINDS: dict[str, ServiceKind] = {kind.key: kind for kind in (TRUENAS,)}
