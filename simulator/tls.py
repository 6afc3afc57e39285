"""A self-signed certificate for loopback, as a home server has one."""

from dataclasses import dataclass
import datetime as dt
import ipaddress
from pathlib import Path
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM of certificate and key; `fingerprint` is the SHA-256 of the certificate in hex."""

    certificate: bytes
    key: bytes
    fingerprint: str


def make(common: str = "truenas.local", *, days: int = 397, begins_days_ago: int = 1) -> Certificate:
    """A new certificate for localhost, 127.0.0.1 and the common name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=begins_days_ago)
    names = [
        x509.DNSName("localhost"),
        x509.DNSName(common),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        certificate.fingerprint(hashes.SHA256()).hex(),
    )


def kept(directory: Path | None) -> Certificate:
    """The certificate of this directory, made and saved where there is none."""
    if directory is None:
        return make()
    file, key_file = directory / "server.crt", directory / "server.key"
    if file.exists() and key_file.exists():
        pem = file.read_bytes()
        fingerprint = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()
        return Certificate(pem, key_file.read_bytes(), fingerprint)
    return keep(make(), directory)


def keep(certificate: Certificate, directory: Path | None) -> Certificate:
    """Save it, where there is a directory."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "server.crt").write_bytes(certificate.certificate)
        key_file = directory / "server.key"
        key_file.touch(mode=0o600)
        key_file.write_bytes(certificate.key)
    return certificate


def load(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Make a server's context present this certificate from now on."""
    with tempfile.TemporaryDirectory() as directory:
        file, key_file = Path(directory) / "crt", Path(directory) / "key"
        file.write_bytes(certificate.certificate)
        key_file.write_bytes(certificate.key)
        context.load_cert_chain(file, key_file)


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """A context that serves it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context, certificate)
    return context


def client_context(certificate: Certificate) -> ssl.SSLContext:
    """A context that trusts just this one."""
    return ssl.create_default_context(cadata=certificate.certificate.decode())
