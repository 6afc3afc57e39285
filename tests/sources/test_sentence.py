"""Of what a system says went wrong a person reads the one sentence that can be used."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.home_server_monitor.sources.sentence import LONGEST, sentence, without_keys

TRACE = """Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/middlewared/job.py", line 509, in run
    await self.future
  File "/usr/lib/python3/dist-packages/middlewared/plugins/x.py", line 41, in do
    raise CallError('Dataset is locked')
middlewared.service_exception.CallError: [EFAULT] Dataset is locked
"""
RCLONE = (
    "2026/01/01 02:00:00 NOTICE: tank: skipped\n"
    "2026/01/01 02:00:01 ERROR : webdav root '': couldn't list files: 401 Unauthorized\n"
    "2026/01/01 02:00:02 INFO  : Elapsed time: 1s\n"
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[EFAULT] Dataset tank/media is locked", "Dataset tank/media is locked"),
        ("[Errno 28] No space left on device: '/mnt/tank/x'", "No space left on device: '/mnt/tank/x'"),
        ("[Errno 113]", "No route to host"),
        ("[ENOSPC]", "No space left on device"),
        ("ConnectionRefusedError(111, 'Connect call failed')", "Connect call failed"),
        ("CallError('[EFAULT] failed: pool is busy')", "Pool is busy"),
        ("OSError: [Errno 5] Input/output error", "Input/output error"),
        (TRACE, "Dataset is locked"),
        (RCLONE, "Webdav root '': couldn't list files: 401 Unauthorized"),
        ("cannot receive: destination was modified\nsince most recent snapshot", "Cannot receive: destination was modified"),
        ("Host is down. Check the cable and try again.", "Host is down"),
        ("cannot open 'tank/x': dataset does not exist.", "Cannot open 'tank/x': dataset does not exist"),
        ("rsync://ann:secret@nas/x failed", "rsync://nas/x failed"),
        ("PUT https://b.example/o?X-Sig=abc&k=1 was refused", "PUT https://b.example/o was refused"),
        ("bad key 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15", "Bad key …"),
        ("cannot mount /mnt/tank/backups/of2025/photos/by-month/january", "Cannot mount /mnt/tank/backups/of2025/photos/by-month/january"),
        ("[EFAULT]", None),
        ("KeyError", None),
        ("Traceback (most recent call last):\n  File \"x\", line 1", None),
        ("", None),
        ("  \n ", None),
        (None, None),
        (28, None),
    ],
)  # fmt: skip
def test_what_a_person_can_use(said: object, shown: str | None) -> None:
    assert sentence(said) == shown


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400) | st.text("[]():.E \n'\"Error", max_size=200))
def test_whatever_is_said_is_one_short_line(said: str) -> None:
    shown = sentence(said)
    assert shown is None or (0 < len(shown) <= LONGEST and len(shown.splitlines()) == 1)


def test_a_book_is_not_read_to_its_end() -> None:
    assert sentence("a" * 10**6) == "A" + "a" * (LONGEST - 2) + "…"


def test_what_a_tracker_or_a_news_server_says_holds_no_key() -> None:
    key = "0123456789abcdef0123456789abcdef"
    for said in (
        f"https://tracker.example/{key}/announce: unregistered",
        f"https://indexer.example/api?t=get&apikey={key}",
        "https://ann:hunter22@news.example refused",
        "GET /rss?passkey=abc123def",
    ):
        shown = without_keys(said)
        assert not any(each in shown for each in (key, "hunter22", "abc123def")), shown
    assert without_keys("No space left on /data/Film.2025.1080p") == "No space left on /data/Film.2025.1080p"
