"""Who may log in to the server, and with what rights."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class ApiKey:
    """A key. `roles` count from 25.04 on; before that only `calls` (patterns of methods) do."""

    number: int
    name: str
    secret: str
    username: str
    roles: frozenset[str]
    created: float
    calls: tuple[str, ...] = ("*",)
    expires: float | None = None
    revoked: bool = False
    revoked_reason: str | None = None
    logins: int = 0

    @property
    def text(self) -> str:
        """The key as its user has it: `{id}-{64 characters}`."""
        return f"{self.number}-{self.secret}"


@dataclass(slots=True)
class User:
    """An account."""

    number: int
    uid: int
    username: str
    full_name: str
    roles: tuple[str, ...]
    builtin: bool = False
    password_disabled: bool = False
    two_factor: bool = False
    ssh_password: bool = False
    ssh_key: str | None = None
    sudo_nopasswd: tuple[str, ...] = ()


@dataclass(slots=True)
class AuditEntry:
    """One line of the audit log."""

    number: int
    at: float
    username: str
    event: str
    success: bool
    data: dict[str, object] = field(default_factory=dict)
