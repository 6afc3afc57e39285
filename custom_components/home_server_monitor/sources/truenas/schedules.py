"""When a schedule of the NAS comes round."""

from datetime import UTC, datetime, tzinfo

from cronsim import CronSim, CronSimError

from .work import Schedule


def next_run(schedule: Schedule, zone: tzinfo, now: datetime) -> datetime | None:
    """Return when a schedule comes round next, in UTC, read in the time zone of the NAS."""
    line = f"{schedule.minute} {schedule.hour} {schedule.dom} {schedule.month} {schedule.dow}".lower()
    try:
        return next(CronSim(line, now.astimezone(zone))).astimezone(UTC)
    except CronSimError, StopIteration, ValueError, OverflowError:
        return None
