"""Nobody is ever locked out because of us, and a wrong password is told from a wrong address and from a ban."""

import pytest

from custom_components.home_server_monitor.sources.downloads.address import normalise
from custom_components.home_server_monitor.sources.downloads.client import Secrets
from custom_components.home_server_monitor.sources.downloads.making import which
from custom_components.home_server_monitor.sources.downloads.model import Product
from custom_components.home_server_monitor.sources.downloads.wire import HostRefused, LockedOut
from custom_components.home_server_monitor.sources.errors import AuthFailed, BadResponse, NotSupported

from .conftest import Pair, opened

NEW, OLD = ("qbittorrent", "5.3.0"), ("qbittorrent", "4.5.2")


async def test_one_login_lasts(pair: Pair) -> None:
    for _ in range(20):
        await pair.client.look()
    assert pair.face.logins <= 1
    assert pair.face.failed == 0


async def test_a_wrong_secret_is_shown_twice_at_most(pair: Pair) -> None:
    wrong = pair.again(Secrets(username="admin", password="wrong", api_key="wrong"))
    if pair.client.product is Product.QBITTORRENT:
        wrong = pair.again(Secrets(username="admin", password="wrong"))
    for _ in range(20):
        with pytest.raises(AuthFailed):
            await wrong.look()
    assert pair.face.failed <= 2
    # and whoever has the right one is let in
    assert (await pair.client.look()).whole


async def test_an_expired_session_is_begun_anew_once(socket_enabled: None) -> None:
    for release in (OLD, NEW):
        async with opened(*release) as pair:
            await pair.client.look()
            pair.face.forget_sessions()
            await pair.client.look()
            await pair.client.set_limit("down", 1 << 20)
            assert pair.face.logins == 2


async def test_a_server_that_forgets_at_once_is_not_stormed(socket_enabled: None) -> None:
    async with opened(*OLD) as pair:
        pair.face._session = lambda asked: None
        for _ in range(3):
            with pytest.raises(BadResponse, match="forgets"):
                await pair.client.look()
        assert pair.face.logins == 3, "one an attempt"


async def test_a_ban_is_waited_out(socket_enabled: None) -> None:
    for release in (OLD, NEW):
        async with opened(*release) as pair:
            pair.face.banned = True
            for _ in range(10):
                with pytest.raises(LockedOut, match="locked this address out"):
                    await pair.client.look()
            assert pair.client.wire.calls == 2
            pair.clock[0] += 21
            pair.face.banned = False
            assert (await pair.client.look()).whole
            assert pair.face.logins == 1


async def test_transmission_that_shut_everybody_out(socket_enabled: None) -> None:
    async with opened("transmission", "4.1.3") as pair:
        pair.face.failed = pair.face.threshold
        with pytest.raises(LockedOut, match="started anew"):
            await pair.client.look()
        assert await which(pair.wire()) is Product.TRANSMISSION


async def test_an_api_key(socket_enabled: None) -> None:
    async with opened(*NEW) as pair:
        keyed = pair.again(Secrets(api_key=pair.face.api_key))
        assert (await keyed.look()).version == "5.3.0"
        assert pair.face.logins == 0
        with pytest.raises(AuthFailed, match="API key"):
            await pair.again(Secrets(api_key="qbt_wrong")).look()
        assert pair.face.logins == 0


async def test_an_address_that_need_not_log_in(socket_enabled: None) -> None:
    async with opened(*OLD) as pair:
        pair.face.open_to_all = True
        assert await which(pair.wire()) is Product.QBITTORRENT
        assert (await pair.again(Secrets()).look()).whole
        pair.face.open_to_all = False
        with pytest.raises(AuthFailed, match="wants a user"):
            await pair.again(Secrets()).look()
        assert pair.face.logins == 0


async def test_a_name_that_is_not_allowed_is_no_wrong_password(socket_enabled: None) -> None:
    for release in (OLD, NEW):
        async with opened(*release) as pair:
            pair.face.hosts = frozenset({"nas.example"})
            with pytest.raises(HostRefused):
                await pair.client.look()
            with pytest.raises(HostRefused):
                await which(pair.wire())
            assert pair.face.logins == 0


async def test_what_is_no_client_is_told(socket_enabled: None) -> None:
    async with opened("nzbget", "21.0") as pair:
        for kind in ("html", "empty", "status"):
            pair.face.faults.clear()
            pair.face.faults.add(kind)
            pair.face.routes = type(pair.face.routes)()
            with pytest.raises((NotSupported, BadResponse)):
                await which(pair.wire())


def test_secrets_are_not_shown() -> None:
    assert "hunter2" not in repr(Secrets("me", "hunter2", "hunter2"))


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (" 192.168.1.20:8080 ", "http://192.168.1.20:8080"),
        ("http://nas:9091/transmission/web/", "http://nas:9091"),
        ("https://nas/qbit/", "https://nas/qbit"),
        ("http://nas:8080/sabnzbd/api?mode=queue&apikey=1", "http://nas:8080/sabnzbd"),
        ("http://nas:6789/jsonrpc", "http://nas:6789"),
    ],
)
def test_addresses_as_people_copy_them(typed: str, wanted: str) -> None:
    assert str(normalise(typed)).rstrip("/") == wanted


@pytest.mark.parametrize("typed", ["", "ftp://nas", "http://me:hunter2@nas", "http://"])
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(ValueError) as refused:
        normalise(typed)
    assert "hunter2" not in str(refused.value)
