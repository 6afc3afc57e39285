"""Makes text that came from outside harmless in every channel: phones, Markdown, HTML, Telegram, Discord, e-mail."""

import unicodedata

LONGEST = 120

# Characters that a channel would take as markup, and what looks like them. Escaping would be shown as it is in the
# channels that know no markup, so the text is changed once, for all of them.
_INSTEAD = str.maketrans(
    {
        "<": "‹",
        ">": "›",
        "&": "+",
        "*": "∗",
        "`": "'",
        "[": "(",
        "]": ")",
        "|": "¦",
        "{": "(",
        "}": ")",
        "\\": "∖",
        "@": "＠",
        "~": "∼",
    }
)
# other, control, format (bidirectional ones, too), surrogate, private use, unassigned
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zl", "Zp", "Zs"})


def plain(text: object, longest: int = LONGEST) -> str:
    """Return a text of one line, at most `longest` characters, that formats, links and mentions nothing.

    Marks that pile up on one character are cut to two, so that a name cannot paint over its neighbours.
    """
    found: list[str] = []
    marks = 0
    for given in str(text)[: longest * 8]:
        blank = given in "\n\r\t" or unicodedata.category(given) in _SPACES
        character = " " if blank else given
        category = unicodedata.category(character)
        if category in _NOT_SHOWN:
            continue
        marks = marks + 1 if category.startswith("M") else 0
        if marks > 2 or (character == " " and found and found[-1] == " "):
            continue
        found.append(character)
        if len(found) > longest * 2:
            break
    shown = _no_links("".join(found).translate(_INSTEAD)).strip()
    # what would begin a heading, a list or a quotation, and what would slant a word
    bare = shown.lstrip("#-+=>!_ ").rstrip("_ ")
    shown = bare or ("?" if shown else "")
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "…"


def _no_links(text: str) -> str:
    """Show addresses as text: no channel makes a link of them."""
    return text.replace("://", ":∕∕").replace("www.", "www․").replace("mailto:", "mailto ")
