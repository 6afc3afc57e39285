"""What a container runs: as whom, from where, how old, and with which secrets in its environment."""

from collections.abc import Iterator
from datetime import timedelta
import re

from ..records import instant
from .audit_case import Check, Fix, Grade, Subject
from .raw import table, text, words
from .reference import HUB, parsed

OLD = timedelta(days=180)
WAITS = timedelta(days=30)
FORGOTTEN = timedelta(days=30)
# an image that is built to come out alike each time says that it is from the seventies
_FIRST_YEAR = 2000
_ROOT = ("", "0", "root", "0:0", "root:root", "0:root", "root:0")
_KNOWN = {
    HUB,
    "ghcr.io",
    "lscr.io",
    "quay.io",
    "gcr.io",
    "registry.k8s.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "registry.gitlab.com",
    "codeberg.org",
    "docker.n8n.io",
    "docker.elastic.co",
    "nvcr.io",
    "cr.hotio.dev",
    "container-registry.oracle.com",
}
_SECRET = re.compile(
    r"(?:^|_|[A-Z]{2})(?<!BY)(?<!COM)PASS(?:WORD|WD|PHRASE)?(?:$|_|\d)|(?<!BY)(?<!COM)PASS(?:WORD|WD|PHRASE)"
    r"|SECRET|TOKEN|API_?KEY|PRIVATE|CREDENTIAL",
    re.IGNORECASE,
)
_ENDS_AS_ONE = re.compile(r"(?:PASS(?:WORD|WD|PHRASE)?|SECRET|TOKEN|KEY|CREDENTIALS?)\d*$", re.IGNORECASE)
_IN_A_FILE = re.compile(r"_FILE$|_SECRETFILE$|_PATH$", re.IGNORECASE)
_NO_SECRET = re.compile(r"true|false|yes|no|on|off|none|null|\d{0,3}|/.*", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.]+[smhd]?")


def root(subject: Subject) -> Iterator[Check]:
    """Its programs run as root; some images give that up by themselves."""
    user = text(subject.config.get("User")) or text(table(subject.image.get("Config")).get("User"))
    if user not in _ROOT:
        return
    drops = {each.partition("=")[0] for each in words(subject.config.get("Env"))} & {"PUID", "PGID"}
    if drops:
        yield Check("root_at_first", "4.1", Grade.INFO, expected=True)
    else:
        yield Check("runs_as_root", "4.1", Grade.MEDIUM, fix=Fix(put_in=('user: "1000:1000"',)))


def secret_names(env: list[str]) -> list[str]:
    """Return the names of the variables that look as if they held a secret; never a value."""
    found = []
    for each in env:
        name, _, value = each.partition("=")
        if not value or _IN_A_FILE.search(name) or not _SECRET.search(name) or _NO_SECRET.fullmatch(value):
            continue
        # TOKEN_LIFETIME=3600 is none, PASSWORD=3600 is one
        if _ENDS_AS_ONE.search(name) or not _NUMBER.fullmatch(value):
            found.append(name)
    return sorted(set(found))


def secrets(subject: Subject) -> Iterator[Check]:
    """Secrets in the environment: everybody who may inspect the container reads them, and so does a crash report."""
    if names := secret_names(words(subject.config.get("Env"))):
        lines = ("environment:", *(f"  {name}: …" for name in names))
        files = ("environment:", *(f"  {name}_FILE: /run/secrets/{name.lower()}" for name in names))
        yield Check(
            "secrets_in_env",
            "4.10",
            Grade.MEDIUM,
            {"names": ", ".join(names)},
            Fix(take_out=lines, put_in=files),
        )


def health(subject: Subject) -> Iterator[Check]:
    """Nothing tells whether it works."""
    test = table(subject.config.get("Healthcheck")).get("Test")
    if not words(test) or test == ["NONE"]:
        yield Check("no_health_check", "5.27", Grade.LOW)


def origin(subject: Subject) -> Iterator[Check]:
    """Where its image is from, and whether its name will stand for something else tomorrow."""
    typed = text(subject.config.get("Image"))
    if (reference := parsed(typed)) is None:
        return
    if not reference.digest and reference.tag == "latest":
        yield Check("moving_tag", "5.28", Grade.LOW, {"image": typed})
    if not words(subject.image.get("RepoDigests")):
        yield Check("image_of_nowhere", "", Grade.LOW, {"image": typed})
    elif reference.host not in _KNOWN:
        yield Check("unknown_registry", "", Grade.INFO, {"registry": reference.host})


def age(subject: Subject) -> Iterator[Check]:
    """How old its image is, and for how long a newer one has been waiting."""
    created = instant(subject.image.get("Created"))
    if subject.update_since and (since := subject.now - subject.update_since) > WAITS:
        yield Check("update_waits", "5.28", Grade.MEDIUM, {"days": str(since.days)})
    elif created and created.year >= _FIRST_YEAR and (since := subject.now - created) > OLD:
        yield Check("old_image", "5.28", Grade.LOW, {"days": str(since.days)})


def shell(subject: Subject) -> Iterator[Check]:
    """A way in beside the engine's own."""
    if any(re.search(r"(?:^|/)(?:sshd|dropbear)\b", each) for each in subject.processes or ()):
        yield Check("ssh_inside", "5.7", Grade.LOW)


def forgotten(subject: Subject) -> Iterator[Check]:
    """It has not run for a month."""
    state = table(subject.inspect.get("State"))
    ended = instant(state.get("FinishedAt"))
    if state.get("Status") == "exited" and ended and (since := subject.now - ended) > FORGOTTEN:
        yield Check("forgotten", "", Grade.INFO, {"days": str(since.days)})


RULES = (root, secrets, health, origin, age, shell, forgotten)
