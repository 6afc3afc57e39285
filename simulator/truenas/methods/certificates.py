"""Certificates: dates are strings as `ctime` writes them."""

import datetime as dt
from typing import Any

from simulator.network import Certificate
from simulator.noise import digest
from simulator.truenas.context import Context
from simulator.truenas.releases import Method, Release, listing, role

type Row = dict[str, Any]


def _ctime(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).ctime()


def certificate_row(ctx: Context, certificate: Certificate) -> Row:
    """One certificate; keys are redacted."""
    fingerprint = digest(ctx.world.seed, "certificate", certificate.name)[:40].upper()
    row: Row = {
        "id": certificate.number,
        "type": 8,
        "name": certificate.name,
        "certificate": "********",
        "privatekey": "********",
        "CSR": None,
        "acme_uri": "https://acme-v02.api.letsencrypt.org/directory" if certificate.acme else None,
        "domains_authenticators": {certificate.common: 1} if certificate.acme else None,
        "renew_days": certificate.renew_days,
        "acme": None,
        "add_to_trusted_store": False,
        "root_path": "/etc/certificates",
        "certificate_path": f"/etc/certificates/{certificate.name}.crt",
        "privatekey_path": f"/etc/certificates/{certificate.name}.key",
        "csr_path": f"/etc/certificates/{certificate.name}.csr",
        "cert_type": "CERTIFICATE",
        "expired": certificate.not_after < ctx.world.clock.now(),
        "chain_list": ["********"],
        "country": "DE",
        "state": None,
        "city": None,
        "organization": None,
        "organizational_unit": None,
        "san": list(certificate.san),
        "email": None,
        "DN": f"/CN={certificate.common}/subjectAltName={', '.join(certificate.san)}",
        "subject_name_hash": None,
        "extensions": {"SubjectAltName": ", ".join(certificate.san)},
        "digest_algorithm": "SHA256",
        "lifetime": int((certificate.not_after - certificate.not_before) // 86400),
        "from": _ctime(certificate.not_before),
        "until": _ctime(certificate.not_after),
        "serial": 4242 + certificate.number,
        "chain": False,
        "fingerprint": ":".join(fingerprint[i : i + 2] for i in range(0, 40, 2)),
        "common": certificate.common,
        "key_length": 2048,
        "key_type": "RSA",
        "parsed": True,
        "cert_type_existing": True,
        "cert_type_CSR": False,
    }
    if ctx.release <= Release.V25_04:
        row |= {
            "revoked_date": None,
            "signedby": None,
            "revoked": False,
            "issuer": "external" if certificate.acme else "self-signed",
            "internal": "NO",
            "CA_type_existing": False,
            "CA_type_internal": False,
            "CA_type_intermediate": False,
            "cert_type_internal": False,
            "can_be_revoked": False,
            "revoked_certs": [],
            "crl_path": "",
            "signed_certificates": 0,
        }
    return row


def certificates(ctx: Context, _extra: Row) -> list[Row]:
    """`certificate.query`."""
    return [certificate_row(ctx, certificate) for certificate in ctx.world.certificates]


def authorities(_ctx: Context, _extra: Row) -> list[Row]:
    """`certificateauthority.query`: a home has none."""
    return []


TABLE: tuple[Method, ...] = (
    *listing("certificate.query", certificates, role("CERTIFICATE_READ")),
    *listing(
        "certificateauthority.query", authorities, role("CERTIFICATE_AUTHORITY_READ"), until=Release.V25_04
    ),
)
