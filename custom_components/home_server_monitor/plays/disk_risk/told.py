"""How the replacement of a disk is told: the steps, and each stage in the notification of the disk's own finding."""

from typing import TYPE_CHECKING

from homeassistant.util import dt as dt_util

from ...edge.messages import MESSAGE, REPAIRS, Button, Message, tag_of
from ...edge.people import context_of
from ...edge.texts import TITLE, cut
from ...guardian.capabilities import DiskPlace, PoolStand
from ...guardian.contract import Actor, Severity
from ...guardian.finding import Tracked, finding_id
from .replacing import REPLACING, Replacement, Stage, steps
from .words import Words

if TYPE_CHECKING:
    from .play import DiskRisk

# of how many per cent a finding tells: each change of it is shown anew everywhere
COARSE = 5


def day(at: float) -> str:
    """Return the local day of an instant, as people are told it."""
    return dt_util.as_local(dt_util.utc_from_timestamp(at)).date().isoformat()


class Told:
    """Puts replacements into words, and brings these to the phones."""

    def __init__(self, play: DiskRisk) -> None:
        self._play = play
        self._of = play.guardian

    @property
    def _words(self) -> Words:
        return Words(self._of.texts.common)

    def where(self, place: DiskPlace | None, stand: PoolStand | None) -> str:
        """Return where a disk is, or was."""
        return self._words.pool(stand.name) if place is None and stand else self._words.place(place)

    def key(self, it: Replacement) -> str:
        """Return which text says how far it is; it is `cause_<key>`."""
        if it.stage is Stage.INSERTED and self._is_small(it):
            return "replacing_inserted_small"
        if it.stage is Stage.RESILVERING and it.percent == 100.0:
            return "replacing_resilvered"
        if it.stage is Stage.DONE and it.pool_id is None:
            return "replacing_taken_out"
        return f"replacing_{it.stage.value}"

    def _is_small(self, it: Replacement) -> bool:
        heir = self._play.places().get(it.heir or "")
        return bool(heir and heir.size and it.size and heir.size < it.size)

    def named(self, it: Replacement, *, exactly: bool = False) -> dict[str, str]:
        """Return what fills the texts about it."""
        heir = self._play.places().get(it.heir or "")
        percent, words = int(it.percent or 0), self._words
        return {
            "disk": it.label,
            "last4": it.serial[-4:],
            "size": words.size(it.size) if it.size else words.say("disk_size_same"),
            "where": it.where,
            "pool": it.pool or "-",
            "slot": f", {it.slot}" if it.slot else "",
            "who": it.who,
            "until": day(it.until),
            "new": heir.label if heir else "-",
            "new_size": words.size(heir.size if heir else None),
            "percent": str(percent if exactly else percent - percent % COARSE),
            "left": words.span(it.left),
            "errors": words.say(
                "disk_one_error" if it.errors == 1 else "disk_errors", {"count": it.errors or 0}
            ),
        }

    def text(self, it: Replacement) -> str:
        """Return how far it is, in a sentence."""
        return self._of.texts.common(f"cause_{self.key(it)}", self.named(it, exactly=True))

    def steps(self, it: Replacement, place: DiskPlace | None, stand: PoolStand | None) -> str:
        """Return what to do, for the layout of its pool, line by line."""
        keys = steps(place, stand, it.node)
        named = self.named(it)
        common = self._of.texts.common
        lines = [common(f"step_{key}", named) for key in keys if key.startswith("warn")]
        todo = [common(f"step_{key}", named) for key in keys if not key.startswith("warn")]
        return "\n".join([*lines, *(f"{number}. {line}" for number, line in enumerate(todo, 1))])

    def begun(self, it: Replacement, todo: str, actor: Actor) -> None:
        """Tell that somebody replaces it, and how that is done."""
        first = self._of.texts.common("replacing_begun", self.named(it))
        # a channel that cannot change what it shows says this once, and the end
        self._push(it, f"{first}\n{todo}", "running", asker=actor.id)

    def stage(self, it: Replacement) -> None:
        """Tell how far it is, without a sound."""
        self._push(it, self.text(it), it.stage.value)

    def over(self, it: Replacement, how: str, *, who: str = "", loud: bool = False) -> None:
        """Tell how it ended: done, taken_out, stopped or late."""
        named = self.named(it) | ({"who": who} if who else {})
        self._push(
            it,
            self._of.texts.common(f"cause_replacing_{how}", named),
            how,
            loud=loud or how == "late",
            ends=True,
        )

    def gone(self, tracked: Tracked, actor: Actor) -> None:
        """Tell channels that show a finding by its events that somebody sees to it."""
        self._of.speaker.fire("acknowledged", [tracked.id], None, tracked.severity, context=context_of(actor))

    def take_away(self, tag: str) -> None:
        """Take a notification away that another one takes the place of."""
        self._of.speaker.take_away(tag_of(tag))

    def _push(
        self,
        it: Replacement,
        text: str,
        state: str,
        *,
        asker: str = "",
        loud: bool = False,
        ends: bool = False,
    ) -> None:
        """Tell the phones, and, by an event, the channels of blueprints, which ask for the same text and buttons."""
        title = self._of.texts.common("replacing_title", {"disk": it.label})
        stop = Button("stop", self._of.texts.common("answer_stop"))
        message = Message(
            tag=tag_of(it.tag),
            title=cut(title, TITLE),
            text=cut(text, MESSAGE),
            quiet=not loud and not asker,
            severity="warning",
            url=REPAIRS,
            subject=it.tag,
            buttons=() if ends else (stop,),
        )
        speaker, finding = self._of.speaker, finding_id(self._play.id, REPLACING, it.node)
        speaker.delivery.elsewhere.note(finding, message, ends=ends)
        # who was told that it fails hears how that goes on
        about = (each for each in self._of.register.firing() if each.finding.object == it.node)
        severity = max((each.severity for each in about), default=Severity.WARNING)
        speaker.fire("outcome", [finding], None, severity, lead=it.tag, stage=not ends, state=state)
        speaker.delivery.follow_up(message, asker, ends=ends)
