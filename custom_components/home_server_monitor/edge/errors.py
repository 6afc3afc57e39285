"""The seam where what the guardian refuses, or a server answers, becomes an error that a person reads."""

from collections.abc import Awaitable, Mapping

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..guardian.contract import NotDone, Refused
from ..guardian.journal import JournalFailed
from ..sources.errors import ClientError, NotSupported, PermissionDenied


def refuse(key: str, placeholders: Mapping[str, str] | None = None) -> ServiceValidationError:
    """Return the translated error."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=dict(placeholders or {}),
    )


async def told[T](doing: Awaitable[T]) -> T:
    """Turn what the guardian refuses, or what a server answers, into what a person is told."""
    try:
        return await doing
    except Refused as err:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=err.refusal.key,
            translation_placeholders=dict(err.refusal.placeholders),
        ) from err
    except JournalFailed as err:
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="journal_failed") from err
    except PermissionDenied as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="not_permitted",
            translation_placeholders={"method": err.method},
        ) from err
    except NotSupported as err:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_such_action") from err
    except (ClientError, NotDone, TimeoutError) as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="action_failed",
            translation_placeholders={"error": str(err) or "no answer in time"},
        ) from err
