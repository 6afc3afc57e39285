"""Repairs issues for what needs a decision: at most ten, the most severe first, then one for the rest."""

from heapq import nlargest
from operator import itemgetter
from typing import TYPE_CHECKING

from homeassistant.core import Event, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN
from ..guardian.contract import Severity
from ..guardian.finding import Tracked
from ..guardian.remediation import Record, State
from ..guardian.waking import waking_of
from . import dashboards, own_answers
from .own_findings import BREAKER

if TYPE_CHECKING:
    from collections.abc import Callable

    from .guardian import Guardian

MOST = 10
PROPOSAL = "proposal"
WAITING = "waiting"
FINDING = "finding"
MORE = "more_findings"
MORE_THERE = "more_findings_on_dashboard"
NOBODY = "nobody_told"
WEEK = "first_week"
# a finding that a source takes answers of its own to
ANSWERED = "answers"
# what a person can do about an open breaker
RESET = "breaker_reset"
FIXABLE = frozenset({PROPOSAL, WAITING, WEEK, ANSWERED, RESET})
_LEVEL = {
    Severity.CRITICAL: ir.IssueSeverity.CRITICAL,
    Severity.HIGH: ir.IssueSeverity.ERROR,
    Severity.WARNING: ir.IssueSeverity.WARNING,
    Severity.INFO: ir.IssueSeverity.WARNING,
}


# how severe and how old, the larger the more pressing; a finding, and a proposal
type Row = tuple[Severity, float, Tracked | None, Record | None]


class Decisions:
    """Keeps the issues of one guardian as its findings and proposals are."""

    def __init__(self, guardian: Guardian) -> None:
        self._of = guardian
        self._shown: dict[str, tuple[object, ...]] = {}
        self._language = ""
        # the title of our dashboard, "" where there is none; None until somebody looked
        self._dashboard: str | None = None

    @callback
    def start(self) -> Callable[[], None]:
        """Follow the guardian; an issue that a person ignores acknowledges its finding."""
        ends = [
            self._of.listen(self.refresh),
            self._of.hass.bus.async_listen(ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED, self._ignored),
            self._of.hass.bus.async_listen(dashboards.CHANGED, self._look_for_dashboard),
        ]

        def end() -> None:
            for each in ends:
                each()

        return end

    @callback
    def refresh(self) -> None:
        """Make the issues what they should be."""
        wanted = self._wanted()
        if self._language != self._of.texts.language:
            # what they show in words is made anew
            self._language = self._of.texts.language
            self._shown = dict.fromkeys(self._shown, ())
        for issue_id in self._shown.keys() - wanted.keys():
            ir.async_delete_issue(self._of.hass, DOMAIN, issue_id)
            del self._shown[issue_id]
        for issue_id, (about, proposal, told) in wanted.items():
            if self._shown.get(issue_id) != told:
                self._shown[issue_id] = told
                self._create(issue_id, about, proposal)

    @callback
    def decided(self, record: Record) -> None:
        """Take away the issue in which a proposal was decided, until there is something new to say of it."""
        ir.async_delete_issue(self._of.hass, DOMAIN, f"{FINDING}_{record.finding or record.id}")

    def clear(self) -> None:
        """Take all of them away."""
        for issue_id in self._shown:
            ir.async_delete_issue(self._of.hass, DOMAIN, issue_id)
        self._shown.clear()

    def _rows(self) -> list[Row]:
        """Return what needs a decision: findings, with what is proposed for them, and proposals of their own."""
        rows: list[Row] = []
        seen = set()
        offers = {
            record.finding: record
            for record in self._of.desk.records.values()
            if record.state is State.PROPOSED and record.finding
        }
        for tracked in self._of.open_findings():
            if self._of.register.silence(tracked) or tracked.inhibited_by:
                continue
            record = offers.get(tracked.id)
            urgent = tracked.severity >= (Severity.WARNING if record else Severity.HIGH)
            if urgent or waking_of(tracked.finding.rule).listed:
                rows.append((tracked.severity, -tracked.since, tracked, record))
                seen.add(record.id if record else "")
        rows += [
            (Severity.WARNING, -record.created, None, record)
            for record in self._of.desk.records.values()
            if record.state is State.PROPOSED and record.id not in seen and not record.finding
        ]
        return rows

    def _wanted(self) -> dict[str, tuple[Tracked | None, Record | None, tuple[object, ...]]]:
        """Return the issues that there should be: by id, what each is about and what it tells."""
        rows = self._rows()
        wanted: dict[str, tuple[Tracked | None, Record | None, tuple[object, ...]]] = {}
        for severity, _, found, offer in nlargest(MOST, rows, key=itemgetter(0, 1)):
            about = found.id if found else offer.id if offer else ""
            words = tuple(sorted(found.finding.placeholders.items())) if found else ()
            own = tuple(own_answers.verbs_of(self._of, found)) if found else ()
            told = (severity, offer.id if offer else None, words, own)
            wanted[f"{FINDING}_{about}"] = (found, offer, told)
        if (rest := len(rows) - MOST) > 0:
            if self._dashboard is None:
                self._dashboard = ""
                self._look_for_dashboard()
            wanted[f"{MORE}_{self._of.id}"] = (None, None, (rest, self._dashboard))
        waiting = [record for record in self._of.desk.records.values() if record.is_waiting]
        for record in waiting[: max(MOST - len(rows), 0)]:
            wanted[f"{WAITING}_{record.id}"] = (None, record, ())
        if self._of.week.open:
            wanted[self._of.week.issue_id] = (None, None, ())
        if not self._of.tells_somebody:
            wanted[f"{NOBODY}_{self._of.id}"] = (None, None, ())
        return wanted

    def _create(self, issue_id: str, tracked: Tracked | None, record: Record | None) -> None:
        key, placeholders = self._text(issue_id, tracked, record)
        broken = tracked is not None and record is None and tracked.finding.rule == BREAKER
        ir.async_create_issue(
            self._of.hass,
            DOMAIN,
            issue_id,
            is_fixable=key in FIXABLE,
            severity=_LEVEL[tracked.severity] if tracked else ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders=placeholders,
            data={
                "server": self._of.id,
                "proposal": record.id if record else None,
                "rule": tracked.finding.object.removeprefix("rule:") if tracked and broken else None,
                "finding": tracked.id if tracked and key == ANSWERED else None,
            },
        )

    def _text(
        self, issue_id: str, tracked: Tracked | None, record: Record | None
    ) -> tuple[str, dict[str, str]]:
        """Return the key of an issue's text, and its placeholders."""
        of = self._of
        if issue_id == of.week.issue_id:
            return WEEK, {}
        if issue_id.startswith(MORE):
            more = {"count": str(self._shown[issue_id][0])}
            return (MORE_THERE, {**more, "dashboard": self._dashboard}) if self._dashboard else (MORE, more)
        if record is not None:
            waits = issue_id.startswith(WAITING)
            return WAITING if waits else PROPOSAL, of.wording.issue_placeholders(
                record, None if waits else tracked
            )
        if tracked is None:
            return NOBODY, {}
        if own_answers.verbs_of(of, tracked):
            return ANSWERED, of.wording.finding_placeholders(tracked)
        key = RESET if tracked.finding.rule == BREAKER else tracked.finding.rule
        return key, of.texts.harmless(of.texts.placeholders(tracked.finding))

    @callback
    def _look_for_dashboard(self, event: Event | None = None) -> None:
        self._of.entry.async_create_background_task(self._of.hass, self._looked(), f"{DOMAIN} dashboard")

    async def _looked(self) -> None:
        self._dashboard = await dashboards.our_dashboard(self._of.hass)
        self.refresh()

    @callback
    def _ignored(self, event: Event[ir.EventIssueRegistryUpdatedData]) -> None:
        issue_id = event.data["issue_id"]
        if event.data["action"] != "update" or event.data["domain"] != DOMAIN or issue_id not in self._shown:
            return
        issue = ir.async_get(self._of.hass).async_get_issue(DOMAIN, issue_id)
        tracked = self._of.tracked(issue_id.removeprefix(f"{FINDING}_"))
        if issue is not None and issue.dismissed_version and tracked is not None and not tracked.acknowledged:
            # the issue goes with the acknowledgement: it is back when the finding gets worse or comes anew
            self._of.entry.async_create_task(self._of.hass, self._of.answers.acknowledge(tracked, None))
        if issue is not None and issue.dismissed_version and issue_id == self._of.week.issue_id:
            self._of.entry.async_create_task(self._of.hass, self._of.week.ignore())
