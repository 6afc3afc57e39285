"""A certificate authority of a household, and what it signs for an engine and for us."""

from dataclasses import dataclass
import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, as PEM and as they are."""

    certificate: x509.Certificate
    private: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """Return the certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key(self) -> str:
        """Return the key."""
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the certificate in hex."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def authority(name: str = "home") -> Pair:
    """Make an authority."""
    return _make(name, None, None)


def signed(by: Pair, name: str, usage: x509.ObjectIdentifier) -> Pair:
    """Make a certificate for 127.0.0.1 that an authority signs."""
    return _make(name, by, usage)


def _make(name: str, by: Pair | None, usage: x509.ObjectIdentifier | None) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if by is None:
        usages = x509.KeyUsage(
            digital_signature=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usages, critical=True)
    else:
        assert usage
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = (
            builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(by.private.public_key()), critical=False
            )
        )
    return Pair(builder.sign((by.private if by else key), hashes.SHA256()), key)


def for_an_engine(folder: Path, by: Pair) -> Pair:
    """Write what an engine that wants client certificates needs; returns its certificate."""
    server = signed(by, "engine", SERVER)
    for name, words in (("ca.pem", by.pem), ("server.pem", server.pem), ("server-key.pem", server.key)):
        (folder / name).write_text(words)
    return server
