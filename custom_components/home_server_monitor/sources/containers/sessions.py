"""The connections to an engine: over a socket or the network, and with a client certificate where one is wanted."""

from pathlib import Path
import ssl
import tempfile

import aiohttp

from ..certificates import pin
from .address import Address


def open_session(address: Address, fingerprint: str | None = None) -> aiohttp.ClientSession:
    """Return a session without cookies, over the socket where there is one; the caller closes it.

    With a client certificate in each request, the connector is what looks at the `fingerprint`.
    """
    connector = (
        aiohttp.UnixConnector(address.socket)
        if address.socket
        else aiohttp.TCPConnector(ssl=pin(fingerprint))
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def client_context(ca: str | None, certificate: str, key: str, *, pinned: bool = False) -> ssl.SSLContext:
    """Return what shows a client certificate, and trusts this authority only, or the system's for None.

    Where the server's certificate is `pinned`, no authority is asked: the connector compares the fingerprint.
    Reads files: not for the event loop. Raises ValueError where these are no certificates, or do not belong together.
    """
    try:
        context = ssl.create_default_context(cadata=ca)
        if pinned:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with tempfile.TemporaryDirectory() as folder:
            # OpenSSL takes them from files only; the folder is readable by us alone
            file = Path(folder) / "pair.pem"
            file.write_text(f"{certificate.strip()}\n{key.strip()}\n")
            context.load_cert_chain(file, password=lambda: "")
    except (ssl.SSLError, OSError, ValueError) as err:
        raise ValueError("Not a certificate and its key") from err
    return context
