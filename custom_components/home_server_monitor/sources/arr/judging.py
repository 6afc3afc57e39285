"""The queue under judgement, look after look: what is wrong, for how long, and who is behind it how often."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from ...guardian.capabilities_media import Downloads
from .learning import Learned
from .model import Arr, Event
from .rules import advice_of
from .signals import Kind, Limits, Look, Watched, look
from .strikes import Progress, Strikes

# of its limit, above which a client is held back by it
AT_LIMIT: Final = 0.85


def watched_of(sources: Collection[Downloads]) -> list[Watched]:
    """Return the download clients of a server as they were seen last."""
    return [_watched(each) for each in sources]


def _watched(source: Downloads) -> Watched:
    line = source.line()
    limited = (
        line.alternative or line.paused or bool(line.down_limit and line.down >= AT_LIMIT * line.down_limit)
    )
    return Watched(
        name=source.name,
        answers=source.judged,
        line=line,
        downloads={key.lower(): item for key, item in source.downloads().items()},
        whole=source.complete_list,
        limited=limited,
    )


class Judging:
    """Strikes and tallies of one Arr."""

    def __init__(self, strikes: Strikes, learned: Learned, limits: Limits) -> None:
        self.strikes = strikes
        self.learned = learned
        self.limits = limits
        self.progress = Progress()
        self.found = Look()
        self._told: set[str] = set()

    def take(self, data: Arr, clients: Collection[Watched], now: datetime, mono: float) -> tuple[Arr, bool]:
        """Judge a snapshot; returns it with what is stuck, and whether there is anything new to keep."""
        left = {key: each.left for key, each in data.queue.items.items() if each.loading}
        self.progress.note(left, mono)
        self.found = look(data, clients, self.limits, now, self.progress.rates(left, mono))
        self.progress.restart([key for key in self.found.frozen if key in left], mono)
        strikes = self.strikes
        present = data.queue.items.keys() if data.queue.whole else data.queue.items.keys() | strikes.records
        changed = strikes.note(self.found, present, now.timestamp())
        out = strikes.out()
        self._told &= out.keys()
        for key in out.keys() - self._told:
            self._told.add(key)
            # what its Arr tells of later is counted then
            if out[key].kind != Kind.FAILED:
                self.learned.failed(key, self._reason(key, out[key].kind), now.timestamp())
                changed = True
        return self.shown(data), changed

    def shown(self, data: Arr) -> Arr:
        """Return a snapshot with what is stuck, without judging it anew."""
        suspects = {key: each.kind for key, each in self.strikes.out().items() if key in data.queue.items}
        return replace(data, suspects=suspects, advice=len(self.learned.advice()))

    def _reason(self, key: str, kind: str) -> str:
        signal = self.found.signals.get(key)
        return f"import_{signal.reason.value}" if signal and signal.reason else f"stuck_{kind}"

    def learn(self, events: Sequence[Event]) -> bool:
        """Count what has become of releases; returns whether anything was new."""
        return self.learned.note(events)

    def row(self, key: str) -> Mapping[str, Any]:
        """Return what is held against a download, for a response."""
        record, signal = self.strikes.records.get(key), self.found.signals.get(key)
        return {
            "strikes": record.count if record else 0,
            "problem": f"import_{signal.reason.value}"
            if signal and signal.reason
            else record and f"stuck_{record.kind}",
            "judged": key not in self.found.frozen,
            "advice": advice_of(signal) if signal else None,
        }
