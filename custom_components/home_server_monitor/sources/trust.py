"""The question whether a certificate that no authority vouches for is the right one."""

from ..const import CONF_FINGERPRINT
from ..fingerprint import in_groups
from .certificates import Certificate
from .kind import Question


def trust_question(certificate: Certificate, host: str, expected: str | None) -> Question:
    """Return what is asked. host: as a person knows it; expected: the fingerprint that was trusted before, if any."""
    shown = {
        "host": host,
        "names": ", ".join(certificate.names) or certificate.subject,
        "issuer": certificate.issuer,
        "since": f"{certificate.not_before:%Y-%m-%d}",
        "until": f"{certificate.not_after:%Y-%m-%d}",
        "sha256": in_groups(certificate.fingerprint),
    }
    answer = {CONF_FINGERPRINT: certificate.fingerprint}
    if expected is None:
        return Question("trust_certificate", shown, answer)
    return Question("trust_new_certificate", shown | {"expected": in_groups(expected)}, answer)
