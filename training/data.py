"""Change rows on a drive's power-on axis → one row a day and drive, as arrays sorted by drive and day."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from custom_components.home_server_monitor.prediction.counters import COUNTERS, GROWING, count

type Array = np.ndarray[Any, Any]
# says how far a command is
type Tell = Callable[[str], None]

PLACE = {attribute: place for place, attribute in enumerate(COUNTERS)}
GROWING_PLACES = [PLACE[attribute] for attribute in GROWING]
# A key is `drive * AXIS + day`: days since 1970 stay below.
AXIS = 1_000_000


class BadData(Exception):
    """The files lack what cannot be done without."""


@dataclass(frozen=True)
class Drives:
    """One entry per drive: when it was seen, and whether its last day is a failure."""

    ids: Array
    first: Array
    last: Array
    failed: Array
    model: Array
    serial: Array

    def __len__(self) -> int:
        """How many drives there are."""
        return len(self.ids)

    @cached_property
    def vendor(self) -> Array:
        """The maker by the model's name, as Backblaze writes it."""
        return np.array([vendor_of(str(model)) for model in self.model])


@dataclass(frozen=True)
class Timeline:
    """Every day on which a counter of a drive changed. `counts` is rows × COUNTERS, NaN where not reported."""

    drives: Drives
    drive: Array
    day: Array
    counts: Array
    start: Array = field(repr=False)

    @cached_property
    def key(self) -> Array:
        """Drive and day in one sorted number."""
        return self.drive.astype(np.int64) * AXIS + self.day

    def at(self, drive: Array, day: Array) -> Array:
        """Return the row in force on a day; before the first row it is the first."""
        found = np.searchsorted(self.key, drive.astype(np.int64) * AXIS + day, side="right") - 1
        return np.maximum(found, self.start[drive])

    @cached_property
    def rises(self) -> Array:
        """Rows × COUNTERS: by how much each rose since its last known value."""
        filled = pd.DataFrame(self.counts).groupby(self.drive).ffill()
        before = filled.groupby(self.drive).shift().to_numpy()
        rise = self.counts - before
        return np.where(np.isfinite(rise) & (rise > 0), rise, 0.0)

    @cached_property
    def risen(self) -> Array:
        """Rows × COUNTERS: the running sum of the rises, over all drives."""
        return np.cumsum(self.rises, axis=0)

    @cached_property
    def rising(self) -> Array:
        """Rows: whether one of the four counters that grow in a dying drive rose."""
        return np.asarray((self.rises[:, GROWING_PLACES] > 0).any(axis=1))

    @cached_property
    def events(self) -> Array:
        """Rows: running count of days with a rise, over all drives."""
        return np.cumsum(self.rising)

    @cached_property
    def last_rise(self) -> Array:
        """Rows: index of the newest row with a rise up to here, of any drive; -1 for none."""
        return np.maximum.accumulate(np.where(self.rising, np.arange(len(self.day)), -1))

    @cached_property
    def dirty(self) -> Array:
        """Rows: whether any counter is not zero."""
        return np.asarray((np.nan_to_num(self.counts) > 0).any(axis=1))

    def only(self, chosen: Array) -> Timeline:
        """Return the same of some drives; `chosen` is a mask."""
        places = np.flatnonzero(chosen)
        renamed = np.full(len(self.drives), -1)
        renamed[places] = np.arange(len(places))
        rows = chosen[self.drive]
        drives = Drives(
            *(
                getattr(self.drives, name)[places]
                for name in ("ids", "first", "last", "failed", "model", "serial")
            )
        )
        drive = renamed[self.drive[rows]]
        return Timeline(
            drives, drive, self.day[rows], self.counts[rows], np.searchsorted(drive, np.arange(len(places)))
        )


VENDORS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("Seagate", lambda model: model.upper().startswith(("ST", "SEAGATE"))),
    ("HGST", lambda model: model.upper().startswith(("HGST", "HITACHI", "HUH", "HUS"))),
    ("WD", lambda model: model.upper().startswith(("WD", "WDC"))),
    ("Toshiba", lambda model: model.upper().startswith("TOSHIBA")),
)


def vendor_of(model: str) -> str:
    """Return Seagate, HGST, WD, Toshiba or other."""
    return next((name for name, fits in VENDORS if fits(model)), "other")


def load(changes: Path, drives: Path) -> Timeline:
    """Read both files. Columns of counters may be missing. Raises BadData, and OSError."""
    return timeline(pd.read_parquet(changes), pd.read_parquet(drives))


def timeline(changes: pd.DataFrame, drives: pd.DataFrame) -> Timeline:
    """Join both tables. Drives without a change row are left out, and so are rows of unknown drives."""
    for frame, name, needed in (
        (changes, "changes", ("drive_id", "tstart", "tstop")),
        (drives, "drives", ("drive_id", "last_date")),
    ):
        if missing := [column for column in needed if column not in frame.columns]:
            raise BadData(f"{name}: no column {', '.join(missing)}")
    changes = changes.dropna(subset=["drive_id", "tstart", "tstop"])
    drives = drives.dropna(subset=["drive_id", "last_date"]).drop_duplicates("drive_id", keep="last")
    drives = drives[drives.drive_id.isin(changes.drive_id)].sort_values("drive_id").reset_index(drop=True)
    changes = changes[changes.drive_id.isin(drives.drive_id)]
    if not len(drives):
        raise BadData("no drive is in both files")
    table = _drives(changes, drives)
    place = pd.Series(np.arange(len(drives)), index=drives.drive_id)
    drive = place.loc[changes.drive_id].to_numpy()
    hours = changes.tstart.to_numpy(dtype=float)
    ends = changes.groupby("drive_id").tstop.max().loc[drives.drive_id].to_numpy(dtype=float)
    if "max_hours" in drives:
        known = pd.to_numeric(drives.max_hours, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        ends = np.where(np.isfinite(known), known, ends)
    day = table.last[drive] - np.rint((ends[drive] - hours) / 24).astype(np.int64)
    day = np.minimum(day, table.last[drive])
    columns = [_counts(changes, attribute) for attribute in COUNTERS]
    frame = pd.DataFrame(np.column_stack(columns)).assign(drive=drive, day=day, hours=hours)
    frame = frame.sort_values(["drive", "day", "hours"], kind="stable").drop_duplicates(
        ["drive", "day"], keep="last"
    )
    drive = frame.drive.to_numpy()
    first = frame.groupby("drive").day.min().to_numpy()
    seen = Drives(table.ids, first, table.last, table.failed, table.model, table.serial)
    counts = frame[list(range(len(COUNTERS)))].to_numpy(dtype=float)
    return Timeline(seen, drive, frame.day.to_numpy(), counts, np.searchsorted(drive, np.arange(len(seen))))


def _drives(changes: pd.DataFrame, drives: pd.DataFrame) -> Drives:
    last = pd.to_datetime(drives.last_date).to_numpy().astype("datetime64[D]").astype(np.int64)
    if "failed" in drives:
        failed = pd.to_numeric(drives.failed, errors="coerce").fillna(0).to_numpy() > 0
    elif "fails" in changes:
        failed = changes.groupby("drive_id").fails.max().loc[drives.drive_id].to_numpy() > 0
    else:
        failed = np.zeros(len(drives), dtype=bool)
    text = {
        name: drives[name].astype(str).to_numpy() if name in drives else np.full(len(drives), "")
        for name in ("model", "serial_number")
    }
    return Drives(drives.drive_id.to_numpy(), last, last, failed, text["model"], text["serial_number"])


def _counts(changes: pd.DataFrame, attribute: int) -> Array:
    """Return a column of counts, decoded as a reading at home is."""
    name = f"smart_{attribute}"
    if name not in changes:
        name = f"smart_{attribute}_raw"
    if name not in changes:
        return np.full(len(changes), np.nan)
    raw = pd.to_numeric(changes[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    values, back = np.unique(raw, return_inverse=True)
    decoded = [count(attribute, None if np.isnan(value) else float(value)) for value in values]
    return np.array([np.nan if value is None else value for value in decoded])[back]
