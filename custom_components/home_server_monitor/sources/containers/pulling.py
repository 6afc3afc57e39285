"""A pull, which tells its progress and its failure in the lines of an answer that began well."""

from dataclasses import dataclass, field
import json
from typing import Any

from ..errors import BadResponse, CallFailed
from ..records import at, count, text
from .redact import redacted

CALL = "POST /images/create"
# what an engine says last; an answer without it was cut
_DONE = "Status: "
_LAYER_DONE = ("Download complete", "Pull complete", "Already exists", "Verifying Checksum", "Extracting")


@dataclass(slots=True)
class Pull:
    """Follows the lines of one pull."""

    digest: str | None = None
    done: bool = False
    newer: bool | None = None
    _layers: dict[str, tuple[int, int]] = field(default_factory=dict)
    _whole: set[str] = field(default_factory=set)

    def take(self, line: bytes) -> None:
        """Take one line. Raises CallFailed where it says that the pull failed, BadResponse where it is none."""
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as err:
            raise BadResponse("Not the progress of a pull") from err
        if (reason := self._reason(row)) is not None:
            raise CallFailed(CALL, redacted(reason))
        status, layer = text(at(row, "status"), 500) or "", text(at(row, "id"))
        if status.startswith("Digest: "):
            self.digest = status.removeprefix("Digest: ")
        elif status.startswith(_DONE):
            self.done, self.newer = True, "Downloaded newer image" in status
        elif layer and status == "Pulling fs layer":
            self._layers.setdefault(layer, (0, 0))
        elif layer and status.startswith(_LAYER_DONE):
            self._layers.setdefault(layer, (0, 0))
            self._whole.add(layer)
        elif layer and status == "Downloading":
            found = row.get("progressDetail")
            self._layers[layer] = count(at(found, "current")), count(at(found, "total"))

    @staticmethod
    def _reason(row: Any) -> str | None:
        if not isinstance(row, dict) or not ("errorDetail" in row or "error" in row):
            return None
        return (
            text(at(row, "errorDetail", "message"), 500) or text(row.get("error"), 500) or "no reason given"
        )

    @property
    def progress(self) -> float | None:
        """Return how much is downloaded, in percent; None before that is known.

        The layers count alike until their sizes are known, which an engine tells one by one.
        """
        if not self._layers:
            return None
        parts = [
            1.0 if layer in self._whole else min(now / whole, 1.0) if whole else 0.0
            for layer, (now, whole) in self._layers.items()
        ]
        return 100.0 * sum(parts) / len(parts)
