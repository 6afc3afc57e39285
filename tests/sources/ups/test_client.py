"""Our client against a server that does what a real one does at its worst: slow, cut off, out of step, lying."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
import contextlib
from dataclasses import dataclass, field

import pytest

from custom_components.home_server_monitor.guardian.contract import NotDone
from custom_components.home_server_monitor.sources.errors import (
    AuthFailed,
    BadResponse,
    CallFailed,
    CannotConnect,
    NotSent,
    NotSupported,
    PermissionDenied,
)
from custom_components.home_server_monitor.sources.ups import sessions
from custom_components.home_server_monitor.sources.ups.client import Account, NutClient
from custom_components.home_server_monitor.sources.ups.factory import lets_anybody_in
from custom_components.home_server_monitor.sources.ups.sessions import Came, Standing
from custom_components.home_server_monitor.sources.ups.wire import DataStale, DriverGone
from simulator import tls as certificates

ACCOUNT = Account("ha", 'pa"ss')
LIST = 'BEGIN LIST VAR rack\nVAR rack ups.status "OL"\nVAR rack x "a \\"b\\""\nEND LIST VAR rack\n'
# what a line is answered with: a text, "" for a hang-up, None for silence
type Replies = Mapping[str, str | None]
HELLO: Replies = {
    "STARTTLS": "ERR FEATURE-NOT-CONFIGURED\n",
    "USERNAME": "OK\n",
    "PASSWORD": "OK\n",
    "LOGOUT": "OK Goodbye\n",
    "SET TRACKING ON": "OK\n",
}


@dataclass
class Scripted:
    """Answers lines by how they begin; `after` is called with each line before it is answered."""

    replies: dict[str, str | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    connections: int = 0
    before: Callable[[str], Awaitable[None]] | None = None
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection until it ends."""
        self.connections += 1
        with contextlib.suppress(ConnectionError):
            while line := (await reader.readline()).decode().rstrip("\n"):
                self.lines.append(line)
                if self.before is not None:
                    await self.before(line)
                start = max((key for key in self.replies if line.startswith(key)), key=len, default=None)
                reply = self.replies[start] if start is not None else "ERR UNKNOWN-COMMAND\n"
                if reply == "":
                    break
                if reply is not None:
                    writer.write(reply.encode())
                    await writer.drain()
        writer.close()

    def sent(self, start: str) -> int:
        """How often a line was received."""
        return sum(line.startswith(start) for line in self.lines)


@pytest.fixture
async def upsd(socket_enabled: None) -> AsyncIterator[Scripted]:
    """A server whose replies the test writes."""
    scripted = Scripted({**HELLO, "LIST VAR rack": LIST, "VER": "Network UPS Tools upsd 2.8.0 - x\n"})
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.port = server.sockets[0].getsockname()[1]
    yield scripted
    server.close()
    server.close_clients()
    await server.wait_closed()


@contextlib.asynccontextmanager
async def client(upsd: Scripted, call: float = 30.0) -> AsyncIterator[NutClient]:
    """A client of it."""
    found = NutClient("127.0.0.1", upsd.port, ACCOUNT, call=call)
    yield found
    await found.close()


async def test_reads_share_one_connection_and_know_no_account(upsd: Scripted) -> None:
    async with client(upsd) as nut:
        first, second = await asyncio.gather(nut.variables("rack"), nut.variables("rack"))
        assert first == second == {"ups.status": "OL", "x": 'a "b"'}
        assert await nut.version() == "2.8.0"
        assert upsd.connections == 1
        assert upsd.lines == ["LIST VAR rack", "LIST VAR rack", "VER"]


async def test_a_read_that_was_given_up_leaves_nothing_to_the_next(upsd: Scripted) -> None:
    """The published clients gave the next question the answer of this one, 53 times of 60."""
    asked, go = asyncio.Event(), asyncio.Event()

    async def hold(line: str) -> None:
        if line == "LIST VAR rack" and not go.is_set():
            asked.set()
            await go.wait()

    upsd.before = hold
    upsd.replies["GET VAR rack ups.load"] = 'VAR rack ups.load "21"\n'
    async with client(upsd) as nut:
        for _ in range(20):
            asked.clear(), go.clear()
            reading = asyncio.create_task(nut.variables("rack"))
            await asked.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            go.set()
            assert await nut.variable("rack", "ups.load") == "21"


async def test_who_only_waited_for_a_turn_disturbs_nobody(upsd: Scripted) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def hold(line: str) -> None:
        asked.set()
        await go.wait()

    upsd.before = hold
    async with client(upsd) as nut:
        reading = asyncio.create_task(nut.variables("rack"))
        await asked.wait()
        waiting = asyncio.create_task(nut.version())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go.set()
        assert (await reading)["ups.status"] == "OL"
        assert upsd.connections == 1


async def test_a_lost_connection_is_made_anew_once(upsd: Scripted) -> None:
    async with client(upsd) as nut:
        await nut.variables("rack")
        upsd.replies["VER"] = ""
        with pytest.raises(CannotConnect, match="lost"):
            await nut.version()
        # the kept one and a fresh one
        assert upsd.sent("VER") == 2
        assert (await nut.variables("rack"))["ups.status"] == "OL"


async def test_silence_ends_at_the_deadline_and_is_not_asked_again(upsd: Scripted) -> None:
    async with client(upsd, call=0.2) as nut:
        await nut.version()
        upsd.replies["LIST VAR rack"] = 'BEGIN LIST VAR rack\nVAR rack ups.status "OB"\n'
        with pytest.raises(CannotConnect, match="in time"):
            await nut.variables("rack")
        assert upsd.sent("LIST VAR") == 1
        assert await nut.version() == "2.8.0"


@pytest.mark.parametrize(
    "reply",
    [
        'BEGIN LIST VAR other\nVAR other ups.status "OL"\nEND LIST VAR other\n',
        'BEGIN LIST VAR rack\nVAR other ups.status "OL"\nEND LIST VAR rack\n',
        "HTTP/1.1 400 Bad Request\n",
        "SSH-2.0-OpenSSH_9.2\n",
        "\n",
        f"VAR {'x' * 40_000}\n",
        # cut off in the middle, so that what follows is nobody's answer
        'BEGIN LIST VAR rack\nVAR rack ups.status "OL"\nERR DATA-STALE\nEND LIST VAR rack\n',
        "BEGIN LIST VAR rack\n" + f"VAR rack b {'x' * 15_000}\n" * 80,
    ],
)
async def test_what_is_no_answer_to_the_question_closes_the_connection(upsd: Scripted, reply: str) -> None:
    upsd.replies["LIST VAR rack"] = reply
    async with client(upsd) as nut:
        with pytest.raises(BadResponse):
            await nut.variables("rack")
        assert await nut.version() == "2.8.0"
        assert upsd.connections == 2


async def test_a_stale_driver_and_a_dead_one_are_apart(upsd: Scripted) -> None:
    async with client(upsd) as nut:
        for code, kind in (("DATA-STALE", DataStale), ("DRIVER-NOT-CONNECTED", DriverGone)):
            upsd.replies["LIST VAR rack"] = f"ERR {code}\n"
            with pytest.raises(kind):
                await nut.variables("rack")
        assert upsd.connections == 1


async def test_a_missing_variable_is_none(upsd: Scripted) -> None:
    upsd.replies["GET VAR rack ups.load"] = "ERR VAR-NOT-SUPPORTED\n"
    async with client(upsd) as nut:
        assert await nut.variable("rack", "ups.load") is None


@pytest.mark.parametrize(
    ("replies", "standing"),
    [
        ({"PRIMARY rack": "OK PRIMARY-GRANTED\n"}, Standing.PRIMARY),
        # before 2.8
        ({"MASTER rack": "OK MASTER-GRANTED\n"}, Standing.PRIMARY),
        ({"PRIMARY rack": "ERR ACCESS-DENIED\n", "LOGIN rack": "OK\n"}, Standing.SECONDARY),
        ({"PRIMARY rack": "ERR ACCESS-DENIED\n", "LOGIN rack": "ERR ACCESS-DENIED\n"}, None),
    ],
)
async def test_an_account_is_really_tested(
    upsd: Scripted, replies: Replies, standing: Standing | None
) -> None:
    upsd.replies |= replies
    async with client(upsd) as nut:
        if standing is None:
            with pytest.raises(AuthFailed):
                await nut.check("rack")
        else:
            assert await nut.check("rack") is standing
        assert upsd.lines[:3] == ["STARTTLS", 'USERNAME "ha"', 'PASSWORD "pa\\"ss"']
        assert nut.secured is False
        assert "pa" not in repr(ACCOUNT)


@pytest.mark.parametrize(
    ("replies", "lets_in"),
    [
        ({"PRIMARY rack": "OK PRIMARY-GRANTED\n"}, True),
        ({"PRIMARY rack": "ERR ACCESS-DENIED\n", "LOGIN rack": "ERR ACCESS-DENIED\n"}, False),
        # somebody made that account a secondary; an upsd that knows no such word; one that is asked of another UPS
        ({"PRIMARY rack": "ERR ACCESS-DENIED\n", "LOGIN rack": "OK\n"}, None),
        ({}, None),
        ({"PRIMARY rack": "ERR UNKNOWN-UPS\n"}, None),
    ],
)
async def test_whether_the_factory_password_works(
    upsd: Scripted, replies: Replies, lets_in: bool | None
) -> None:
    upsd.replies |= replies
    async with client(upsd) as nut:
        assert await lets_anybody_in(nut, "rack") is lets_in
    assert 'USERNAME "upsmon"' in upsd.lines
    assert 'USERNAME "ha"' not in upsd.lines
    gone = NutClient("127.0.0.1", 9, ACCOUNT)
    assert await lets_anybody_in(gone, "rack") is None


async def test_an_order_of_which_nothing_is_heard_again_is_not_said_to_be_done(
    upsd: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "TRACK", 0.2)
    monkeypatch.setattr(sessions, "ASK_AGAIN", 0.02)
    upsd.replies |= {"INSTCMD rack": "OK TRACKING 1234\n", "GET TRACKING": "PENDING\n"}
    async with client(upsd) as nut:
        assert await nut.command("rack", "beeper.disable") is Came.QUEUED
        assert upsd.sent("GET TRACKING") > 0
        assert upsd.sent("INSTCMD") == 1


async def test_a_command_is_sent_once_and_followed(upsd: Scripted) -> None:
    states = iter(["PENDING\n", "PENDING\n", "SUCCESS\n"])

    async def follow(line: str) -> None:
        if line.startswith("GET TRACKING"):
            upsd.replies["GET TRACKING"] = next(states)

    upsd.before = follow
    upsd.replies["INSTCMD rack"] = "OK TRACKING 1234-ab\n"
    async with client(upsd) as nut:
        assert await nut.command("rack", "beeper.disable") is Came.DONE
        assert upsd.sent("INSTCMD rack beeper.disable") == 1
        upsd.replies["INSTCMD rack"] = "OK\n"
        assert await nut.command("rack", "test.battery.start", "10") is Came.QUEUED
        assert upsd.sent('INSTCMD rack test.battery.start "10"') == 1


@pytest.mark.parametrize(
    ("reply", "error", "surely_not_done"),
    [
        ("ERR ACCESS-DENIED\n", PermissionDenied, True),
        ("ERR CMD-NOT-SUPPORTED\n", NotSupported, True),
        ("ERR INSTCMD-FAILED\n", CallFailed, False),
        ("ERR DRIVER-NOT-CONNECTED\n", CallFailed, True),
        # it may have arrived: nobody sends it again, and nobody says that it was not done
        ("", CannotConnect, False),
        (None, CannotConnect, False),
    ],
)
async def test_a_command_is_never_sent_twice(
    upsd: Scripted, reply: str | None, error: type[Exception], surely_not_done: bool
) -> None:
    upsd.replies["INSTCMD rack"] = reply
    async with client(upsd, call=0.3 if reply is None else 30.0) as nut:
        with pytest.raises(error) as caught:
            await nut.command("rack", "beeper.disable")
        assert isinstance(caught.value, NotDone) is surely_not_done
        assert upsd.sent("INSTCMD") == 1


async def test_what_ends_before_the_order_was_not_sent(upsd: Scripted) -> None:
    upsd.replies["SET TRACKING ON"] = ""
    async with client(upsd) as nut:
        with pytest.raises(NotSent):
            await nut.command("rack", "beeper.disable")
        upsd.replies["PASSWORD"] = ""
        with pytest.raises(NotSent):
            await nut.set_variable("rack", "battery.charge.low", "20")
        assert upsd.sent("INSTCMD") + upsd.sent("SET VAR") == 0
    closed = NutClient("127.0.0.1", 9, ACCOUNT)
    with pytest.raises(NotSent, match="refused"):
        await closed.command("rack", "beeper.disable")


@pytest.mark.parametrize(
    ("news", "error"), [("ERR FAILED\n", CallFailed), ("ERR INVALID-ARGUMENT\n", CallFailed)]
)
async def test_a_driver_that_fails_at_an_order_says_so(
    upsd: Scripted, news: str, error: type[Exception]
) -> None:
    upsd.replies |= {"INSTCMD rack": "OK TRACKING 1234\n", "GET TRACKING": news}
    async with client(upsd) as nut:
        with pytest.raises(error):
            await nut.command("rack", "beeper.disable")
        for unknown in ("ERR UNKNOWN\n", ""):
            upsd.replies["GET TRACKING"] = unknown
            assert await nut.command("rack", "beeper.disable") is Came.QUEUED


async def test_a_login_is_held_until_it_ends_or_is_lost(upsd: Scripted) -> None:
    upsd.replies |= {"LOGIN rack": "OK\n", "GET NUMLOGINS rack": "NUMLOGINS rack 2\n"}
    async with client(upsd) as nut:
        login = await nut.login("rack")
        assert await login.alive()
        assert await nut.logins("rack") == 2
        assert upsd.connections == 2
        await login.end()
        assert (login.held, await login.alive()) == (False, False)
        assert upsd.lines[-1] == "LOGOUT"
        lost = await nut.login("rack")
        upsd.replies["GET NUMLOGINS rack"] = ""
        assert not await lost.alive()
        await lost.end()
        upsd.replies["LOGIN rack"] = "ERR ACCESS-DENIED\n"
        with pytest.raises(AuthFailed):
            await nut.login("rack")


async def test_nothing_is_sent_for_a_name_that_is_none(upsd: Scripted) -> None:
    async with client(upsd) as nut:
        for wrong in ("rack\nFSD rack", "rack ups.status", ""):
            with pytest.raises(ValueError, match="name"):
                await nut.variables(wrong)
            with pytest.raises(ValueError, match="name"):
                await nut.command("rack", wrong)
        with pytest.raises(ValueError, match="text"):
            await nut.set_variable("rack", "battery.charge.low", "1\nFSD rack")
        assert upsd.lines == []


async def test_without_an_account_nothing_is_ordered(upsd: Scripted) -> None:
    nut = NutClient("127.0.0.1", upsd.port)
    with pytest.raises(AuthFailed):
        await nut.command("rack", "beeper.disable")
    assert upsd.connections == 0


async def test_tls_that_breaks_half_way_sends_no_password(upsd: Scripted) -> None:
    upsd.replies["STARTTLS"] = "OK STARTTLS\nthis is no handshake\n"
    async with client(upsd) as nut:
        with pytest.raises(NotSent):
            await nut.check("rack")
        assert upsd.sent("PASSWORD") == 0


async def test_an_account_is_sent_encrypted_where_the_server_can(socket_enabled: None) -> None:
    seen: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"STARTTLS\n"
        writer.write(b"OK STARTTLS\n")
        await writer.start_tls(certificates.server_context(certificates.make()))
        for answer in (b"OK\n", b"OK\n", b"OK PRIMARY-GRANTED\n", b"OK Goodbye\n"):
            seen.append((await reader.readline()).decode().split()[0])
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    nut = NutClient("127.0.0.1", server.sockets[0].getsockname()[1], ACCOUNT)
    assert await nut.check("rack") is Standing.PRIMARY
    assert nut.secured is True
    assert seen == ["USERNAME", "PASSWORD", "PRIMARY", "LOGOUT"]
    server.close()


async def test_names_in_a_listing_that_are_none_are_left_out(upsd: Scripted) -> None:
    upsd.replies["LIST UPS"] = (
        'BEGIN LIST UPS\nUPS rack "The \\"rack\\" below"\nUPS "two words" "x"\nUPS bare "Description unavailable"\n'
        f'UPS loud "<b>\x1b[31m{"x" * 4000}"\nEND LIST UPS\n'
    )
    upsd.replies["LIST CMD rack"] = "BEGIN LIST CMD rack\nCMD rack beeper.mute\nEND LIST CMD rack\n"
    upsd.replies["LIST RW rack"] = 'BEGIN LIST RW rack\nRW rack battery.charge.low "15"\nEND LIST RW rack\n'
    upsd.replies["LIST CLIENT rack"] = "BEGIN LIST CLIENT rack\nCLIENT rack 192.0.2.4\nEND LIST CLIENT rack\n"
    async with client(upsd) as nut:
        loud = (named := await nut.list_ups()).pop("loud")
        assert named == {"rack": 'The "rack" below', "bare": ""}
        assert (len(loud), "<" in loud, "\x1b" in loud) == (80, False, False)
        # what is no upsd itself need not know every question
        upsd.replies["VER"] = "ERR UNKNOWN-COMMAND\n"
        assert await nut.version() is None
        assert await nut.commands("rack") == {"beeper.mute"}
        assert await nut.writable("rack") == {"battery.charge.low": "15"}
        assert await nut.clients("rack") == ("192.0.2.4",)
