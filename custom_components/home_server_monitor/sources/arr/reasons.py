"""Why an import did not go through, from the words of an Arr.

There is no code for it in any version: the words are all there is, and they are English unless somebody chose otherwise.
What is not known is quoted as it is, and nothing is made of it that would need to be understood.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
import re
from types import MappingProxyType
from typing import Final


class Reason(StrEnum):
    """Why; names the text `common.cause_import_<value>`."""

    DANGEROUS = "dangerous"
    SAMPLE = "sample"
    NO_FILES = "no_files"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    WRONG_TITLE = "wrong_title"
    UNREADABLE = "unreadable"
    ARCHIVE = "archive"
    NOT_UPGRADE = "not_upgrade"
    ALREADY = "already"
    SPACE = "space"
    PERMISSION = "permission"
    PATH = "path"
    UNPACKING = "unpacking"
    WAITS = "waits"
    BY_HAND = "by_hand"
    OTHER = "other"


class Remedy(StrEnum):
    """What helps: another release; that it goes, for something as good is there; that a person mends it; time."""

    REPLACE = "replace"
    DROP = "drop"
    MEND = "mend"
    WAIT = "wait"


# The first that fits counts; those after which nothing may be deleted stand first.
_WORDS: Final[tuple[tuple[Reason, str], ...]] = (
    (Reason.UNPACKING, r"still being unpacked|being unpacked"),
    (Reason.WAITS, r"\btba\b|recently aired|title is tba|has not been released|locked file"),
    (Reason.SPACE, r"not enough free space|no space left|disk full|insufficient (?:disk )?space"),
    (Reason.PERMISSION, r"access to the path|permission|unauthorized|read-?only file system|denied"),
    (
        Reason.PATH,
        (
            r"not a valid local path|remote path mapping|does not exist or is not accessible|path does not exist"
            r"|path matches client base|root folder.*(?:missing|does not exist)"
        ),
    ),
    (Reason.DANGEROUS, r"potentially dangerous|executable file|dangerous file|malicious"),
    (Reason.ALREADY, r"already imported|existing file.*same size|same filesize"),
    (
        Reason.NOT_UPGRADE,
        r"not an? .{0,30}upgrade|not upgrade|quality cutoff (?:has been )?met|existing .*higher",
    ),
    (Reason.SAMPLE, r"\bsample\b"),
    (Reason.ARCHIVE, r"archive file|password|\.rar\b|is (?:packed|an archive)"),
    (
        Reason.UNEXPECTED,
        r"was unexpected|unexpected considering|not found in the grabbed release|not in the grabbed",
    ),
    (
        Reason.WRONG_TITLE,
        (
            r"title mismatch|doesn't match|does not match|wrong (?:series|movie|artist|album)|unknown (?:series|movie|artist)"
            r"|belongs to|not a match|couldn't find similar"
        ),
    ),
    (
        Reason.BY_HAND,
        r"matched to (?:movie|series|artist) by id|manual import required|manual interaction|automatic import is not possible",
    ),
    (
        Reason.MISSING,
        r"not imported or missing|missing tracks|missing (?:files|episodes)|has missing|were not imported",
    ),
    (Reason.NO_FILES, r"no files found|no (?:video|audio|media) files|eligible for import|no usable files"),
    (
        Reason.UNREADABLE,
        r"unable to parse|unable to determine|could not (?:parse|determine)|invalid season|corrupt|no audio tracks",
    ),
)
_KNOWN: Final = tuple((reason, re.compile(words, re.IGNORECASE)) for reason, words in _WORDS)
_REMEDIES: Final[Mapping[Reason, Remedy]] = MappingProxyType(
    {
        Reason.NOT_UPGRADE: Remedy.DROP,
        Reason.ALREADY: Remedy.DROP,
        Reason.SPACE: Remedy.MEND,
        Reason.PERMISSION: Remedy.MEND,
        Reason.PATH: Remedy.MEND,
        Reason.BY_HAND: Remedy.MEND,
        Reason.OTHER: Remedy.MEND,
        Reason.UNPACKING: Remedy.WAIT,
        Reason.WAITS: Remedy.WAIT,
    }
)


def reason_of(messages: Iterable[str]) -> Reason:
    """Return the reason that weighs most: what takes nothing away comes before what does."""
    said = "\n".join(messages)
    return next((reason for reason, words in _KNOWN if words.search(said)), Reason.OTHER)


def remedy_of(reason: Reason) -> Remedy:
    """Return what helps."""
    return _REMEDIES.get(reason, Remedy.REPLACE)
