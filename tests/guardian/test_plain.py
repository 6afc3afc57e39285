"""Text that came from outside formats, links, mentions and hides nothing, in any channel."""

import html
import re

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.guardian.plain import LONGEST, plain

HOSTILE = [
    "<b>bold</b>",
    "<img src=x onerror=alert(1)>",
    "&lt;script&gt;",
    "**bold** _it_ `code` ~~gone~~",
    "[click](https://evil.example)",
    "https://evil.example/a?b=c",
    "www.evil.example",
    "mailto:a@b.c",
    "@everyone @here <@123> <#1>",
    "| a | b |",
    "# heading",
    "- item",
    "> quote",
    "\u202egnp.exe\u202c",
    "\u2066hidden\u2069",
    "a\u200bb\ufeffc",
    "line\nbreak\r\nmore\ttabs",
    "\x1b[31mred\x1b[0m\x00",
    "z" + "\u0301" * 50,
    "x" * 1000,
    "{pool} {0.__class__}",
    "\\escaped\\",
    "\ud800 lone",
    "tag\U000e0041",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_hostile(text: str) -> None:
    _is_harmless(plain(text))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_whatever_it_is(text: str) -> None:
    _is_harmless(plain(text))


def _is_harmless(shown: str) -> None:
    assert len(shown) <= LONGEST
    assert not set("<>&*`[]|{}\\@~\n\r\t") & set(shown)
    assert not re.search(
        r"://|www\.|mailto:|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", shown
    )
    assert not re.search("[\u0300-\u036f]{3}", shown)
    assert not shown.startswith(("#", "-", "+", "=", ">", "!"))
    assert html.unescape(shown) == shown
    shown.encode()
    assert plain(shown) == shown


@pytest.mark.parametrize("name", ["tank", "my_pool", "Plex 2.0", "WD-WCC7K4AA17XU", "Küche", "数据", "a.b/c"])
def test_what_is_ordinary_stays_as_it_is(name: str) -> None:
    assert plain(name) == name
