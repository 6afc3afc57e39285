"""The one table of what may wake people: per rule how long, how bad at most, and what it explains.

Critical is only data loss under way or one fault away without redundancy, a UPS that runs empty, and a server that has
been out of reach for long. High is pushed, but not at night; warning is for the digest; info is never pushed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .contract import Severity

STORAGE, TASK, APP, HOST, KEY, UPS, GUARDIAN = "storage", "task", "app", "host", "key", "ups", "guardian"
# what a server says about itself: told inside of the finding of the rule that judges the same
ALERT = "alert"
AREAS = frozenset({STORAGE, TASK, APP, HOST, KEY, UPS, GUARDIAN, ALERT})
# what cannot be judged, or cannot work, while its host is away; a UPS and our own troubles are not among it
ON_A_HOST = frozenset({STORAGE, TASK, APP, HOST, KEY, ALERT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waking:
    """How the findings of one rule are told.

    area: what it is about; findings of one host and area are told together.
    most: the highest severity that it may have, whatever its source says.
    hold, keep: seconds that it must be there before it counts, and be gone before it is over.
    security: never told inside of another finding. always: told although Home Assistant or the host has just started.
    at_once: somebody waits for it, so it is neither collected nor held at night.
    decision: may be a Repairs issue. listed: is one also where it is of no urgency.
    renewed: it is there for its offer's sake, so what nobody decided on in time is offered anew.
    cause_of: areas in which it explains findings of no higher severity on what stands on its object.
    cause: its object is gone with it, so it explains those findings whatever their severity, also on the object itself.
    covers: rules that it explains on its own object, up to its severity.
    beside: trouble of what it is a part of does not explain it: it may be the cause, or what comes next.
    self_told: its source tells it itself, stage by stage, in one notification.
    expects: rules that it explains whatever their severity, where its object is all that they are about: their own
    object, or, where there is the evidence `nodes`, the only one of these.
    """

    area: str
    most: Severity = Severity.WARNING
    hold: float = 0.0
    keep: float = 0.0
    security: bool = False
    always: bool = False
    at_once: bool = False
    decision: bool = False
    listed: bool = False
    renewed: bool = False
    cause: bool = False
    cause_of: frozenset[str] = frozenset()
    covers: frozenset[str] = frozenset()
    beside: bool = False
    expects: frozenset[str] = frozenset()
    self_told: bool = False


_INFO, _WARNING, _HIGH, _CRITICAL = Severity
_ON_A_POOL = frozenset({STORAGE, TASK, APP})
_IN_A_POOL = frozenset({STORAGE})
_ERRORS = frozenset(
    {
        "pool_errors",
        "pool_errors_lost",
        "pool_errors_unprotected",
        "pool_errors_standing",
        "pool_unhealthy",
    }
)

# what the loss of one disk brings, where somebody takes it out; a pool that is lost with it is none of this
_OF_ONE_DISK = frozenset(
    {
        "disk_missing",
        "disk_failing",
        "disk_reports_failure",
        "disk_cable",
        "disk_wearing",
        "self_test_failed",
        "pool_degraded",
        "pool_unprotected",
        "pool_errors",
        "pool_errors_standing",
        "pool_errors_unprotected",
    }
)

# Where two findings explain each other, the one whose rule stands first is told.
TABLE: Mapping[str, Waking] = MappingProxyType(
    {
        # power
        "ups_low": Waking(
            area=UPS, most=_CRITICAL, always=True, cause_of=ON_A_HOST, covers=frozenset({"ups_on_battery"})
        ),
        "ups_shutdown": Waking(area=UPS, most=_CRITICAL, always=True, cause_of=ON_A_HOST),
        # kept for less than it is collected: what is over is not told when the plan's own notice ends
        "ups_on_battery": Waking(area=UPS, most=_HIGH, hold=30.0, keep=20.0, always=True, cause_of=ON_A_HOST),
        # the plan for it tells how it goes on; the UPS's own words for the same are told inside of that
        "power_outage": Waking(
            area=UPS,
            most=_CRITICAL,
            # until what the UPS says itself is over as well
            keep=120.0,
            always=True,
            at_once=True,
            self_told=True,
            cause_of=ON_A_HOST,
            expects=frozenset({"ups_on_battery", "ups_low", "ups_shutdown", "ups_lost_on_battery"}),
        ),
        "power_plan_powerless": Waking(area=UPS, most=_HIGH, keep=60.0, always=True, decision=True),
        "power_plan_unapproved": Waking(
            area=UPS, keep=5.0, always=True, decision=True, listed=True, renewed=True
        ),
        "power_runtime_short": Waking(area=UPS, hold=600.0, keep=3600.0, decision=True),
        "power_battery_worn": Waking(area=UPS, keep=86400.0, decision=True),
        "power_timer_short": Waking(area=UPS, hold=60.0, keep=600.0, decision=True, listed=True),
        "power_low_too_late": Waking(area=UPS, hold=600.0, keep=3600.0, decision=True, listed=True),
        "power_stage_short": Waking(area=UPS, keep=600.0, decision=True, listed=True),
        "power_ups_unclear": Waking(area=UPS, hold=60.0, decision=True, listed=True),
        "power_drill_due": Waking(area=UPS, most=_INFO, decision=True, listed=True),
        "ups_overload": Waking(area=UPS, most=_HIGH, hold=60.0, keep=300.0),
        "ups_lost": Waking(area=UPS, most=_HIGH, hold=300.0, keep=60.0),
        # nobody knows how long the battery lasts
        "ups_lost_on_battery": Waking(
            area=UPS,
            most=_CRITICAL,
            hold=15.0,
            always=True,
            cause_of=ON_A_HOST,
            covers=frozenset({"ups_on_battery"}),
        ),
        "ups_shutdown_stuck": Waking(area=UPS),
        "ups_unprotected": Waking(area=UPS, hold=60.0, keep=300.0),
        "ups_economy": Waking(area=UPS, most=_INFO, hold=600.0, keep=3600.0),
        # a short correction is what the UPS is there for
        "ups_mains_corrected": Waking(area=UPS, most=_INFO, hold=900.0, keep=3600.0),
        "ups_overcharged": Waking(area=UPS, hold=300.0, keep=3600.0),
        "ups_alarm": Waking(area=UPS, hold=60.0, keep=300.0),
        "ups_replace_battery": Waking(area=UPS, keep=3600.0),
        "ups_weak": Waking(area=UPS, keep=3600.0),
        "ups_battery_old": Waking(area=UPS, most=_INFO),
        "ups_untested": Waking(area=UPS, most=_INFO),
        "ups_off_delay": Waking(area=UPS, most=_INFO),
        # they were over before anybody was told
        "ups_unsteady_mains": Waking(area=UPS, covers=frozenset({"ups_brief_cuts"})),
        "ups_brief_cuts": Waking(area=UPS),
        "ups_factory_password": Waking(area=KEY, security=True),
        # the server
        "source_lost": Waking(
            area=HOST, most=_CRITICAL, keep=60.0, decision=True, cause=True, cause_of=ON_A_HOST
        ),
        "nas_alert": Waking(area=ALERT, most=_HIGH, keep=60.0),
        "service_stopped": Waking(area=HOST, hold=60.0, keep=60.0, decision=True),
        "certificate_expiring": Waking(area=HOST, most=_HIGH),
        # storage
        "pool_unavailable": Waking(
            area=STORAGE, most=_CRITICAL, keep=60.0, decision=True, cause=True, cause_of=_ON_A_POOL
        ),
        # a person takes a disk out: what its loss brings is expected
        "disk_replacing": Waking(area=STORAGE, decision=True, listed=True, expects=_OF_ONE_DISK),
        "disk_replaced": Waking(area=STORAGE, most=_INFO, decision=True, listed=True, expects=_OF_ONE_DISK),
        # the next fault loses data
        "pool_unprotected": Waking(
            area=STORAGE, most=_CRITICAL, keep=60.0, decision=True, cause_of=_IN_A_POOL, covers=_ERRORS
        ),
        "pool_degraded": Waking(
            area=STORAGE, most=_HIGH, keep=60.0, decision=True, cause_of=_IN_A_POOL, covers=_ERRORS
        ),
        "scan_errors": Waking(area=STORAGE, most=_CRITICAL, decision=True, covers=_ERRORS),
        "pool_errors_lost": Waking(
            area=STORAGE, most=_CRITICAL, keep=60.0, decision=True, cause_of=_IN_A_POOL
        ),
        "pool_errors_unprotected": Waking(
            area=STORAGE, most=_HIGH, keep=60.0, decision=True, cause_of=_IN_A_POOL
        ),
        "pool_errors": Waking(area=STORAGE, most=_HIGH, decision=True, cause_of=_IN_A_POOL),
        "scrub_at_risk": Waking(area=STORAGE, most=_HIGH, decision=True),
        "pool_errors_standing": Waking(area=STORAGE, most=_INFO),
        "pool_unhealthy": Waking(area=STORAGE, most=_HIGH, keep=60.0, decision=True),
        "disk_missing": Waking(area=STORAGE, most=_HIGH, keep=60.0, decision=True),
        "self_test_failed": Waking(area=STORAGE, most=_CRITICAL, decision=True),
        "disk_failing": Waking(
            area=STORAGE,
            most=_CRITICAL,
            keep=3600.0,
            decision=True,
            covers=frozenset({"self_test_failed"}),
            beside=True,
        ),
        "disk_reports_failure": Waking(
            area=STORAGE,
            most=_CRITICAL,
            keep=3600.0,
            decision=True,
            covers=frozenset({"self_test_failed"}),
            beside=True,
        ),
        "disk_cable": Waking(area=STORAGE, keep=3600.0),
        "disk_wearing": Waking(area=STORAGE, keep=3600.0),
        "disk_sources_differ": Waking(area=STORAGE, most=_INFO, keep=3600.0),
        "disk_hot": Waking(area=STORAGE, most=_HIGH, hold=300.0, keep=600.0),
        "pool_full": Waking(area=STORAGE, most=_HIGH, keep=600.0),
        "pool_filling": Waking(area=STORAGE, keep=3600.0),
        "scrub_overdue": Waking(area=STORAGE, decision=True),
        "single_disk_pool": Waking(area=STORAGE, most=_INFO),
        "same_batch": Waking(area=STORAGE, most=_INFO),
        # tasks and apps
        "task_failed": Waking(area=TASK, decision=True),
        "task_overdue": Waking(area=TASK, decision=True),
        "app_crashed": Waking(area=APP, most=_HIGH, hold=60.0, keep=120.0, decision=True),
        "app_fails_since_upgrade": Waking(area=APP, most=_HIGH, hold=60.0, keep=120.0, decision=True),
        "data_newer_than_app": Waking(area=APP, most=_INFO, decision=True, listed=True),
        "installed_app_fails": Waking(area=APP, hold=60.0, keep=120.0, decision=True),
        # containers
        "container_loop": Waking(area=APP, most=_HIGH, keep=600.0, decision=True, cause_of=frozenset({APP})),
        "container_ended": Waking(
            area=APP, most=_HIGH, hold=60.0, keep=60.0, decision=True, cause_of=frozenset({APP})
        ),
        "container_unhealthy": Waking(area=APP, most=_HIGH, hold=300.0, keep=120.0, decision=True),
        "container_fails_since_update": Waking(
            area=APP, most=_HIGH, keep=600.0, decision=True, cause_of=frozenset({APP})
        ),
        "data_newer_than_container": Waking(area=APP, most=_INFO, decision=True),
        "container_out_of_memory": Waking(area=APP, keep=600.0),
        "container_over_quota": Waking(area=APP, keep=900.0, decision=True),
        "host_link_full": Waking(area=HOST, hold=300.0, keep=600.0, decision=True),
        "container_leaks": Waking(area=APP, keep=86400.0, decision=True),
        "container_flapping": Waking(area=APP, keep=3600.0),
        "old_container_kept": Waking(area=APP, most=_INFO, decision=True),
        "updates_ready": Waking(area=APP, most=_INFO, decision=True, listed=True, renewed=True),
        "updates_due": Waking(area=APP, most=_INFO, renewed=True),
        "updates_unapproved": Waking(area=APP, most=_INFO, decision=True, listed=True, renewed=True),
        "image_old": Waking(area=APP, most=_INFO),
        "engine_audit": Waking(area=APP, most=_INFO, keep=3600.0, security=True, decision=True, listed=True),
        "images_unused": Waking(area=APP, most=_INFO, keep=86400.0),
        "volumes_orphaned": Waking(area=APP, most=_INFO, keep=86400.0),
        # media
        "queue_storm": Waking(area=APP, keep=600.0),
        "import_failed": Waking(area=APP, keep=60.0, decision=True, listed=True),
        "download_stuck": Waking(area=APP, keep=60.0, decision=True, listed=True),
        "arr_complains": Waking(area=APP, hold=900.0, keep=600.0),
        "plex_weak": Waking(area=APP, keep=3600.0, security=True, decision=True),
        "plex_converts": Waking(area=APP, keep=86400.0, decision=True),
        "tier_full": Waking(area=APP, hold=1800.0, keep=600.0, covers=frozenset({"downloads_disk_full"})),
        "tier_backlog": Waking(area=APP, hold=900.0, keep=3600.0),
        "tier_unapproved": Waking(area=APP, most=_INFO, decision=True, listed=True, renewed=True),
        "uplink_full": Waking(area=APP, hold=60.0, keep=120.0, decision=True),
        "uplink_unapproved": Waking(area=APP, most=_INFO, decision=True, listed=True, renewed=True),
        "arr_backup_old": Waking(area=APP, most=_INFO, decision=True),
        # downloads
        "downloads_disk_full": Waking(area=APP, most=_HIGH, hold=300.0, keep=600.0),
        "downloads_cut_off": Waking(area=APP, hold=900.0, keep=300.0),
        "downloads_all_stalled": Waking(area=APP, hold=1800.0, keep=600.0),
        "downloads_errored": Waking(area=APP, hold=300.0, keep=600.0),
        "downloads_connected_twice": Waking(area=APP, hold=120.0, keep=600.0, decision=True),
        "downloads_unregistered": Waking(area=APP, most=_INFO, hold=3600.0, keep=3600.0),
        "news_servers_failing": Waking(area=APP, hold=900.0, keep=600.0),
        "download_quota_reached": Waking(area=APP, most=_INFO, hold=300.0, keep=600.0),
        # keys and passwords
        "key_too_powerful": Waking(area=KEY, most=_INFO, security=True),
        "default_ups_password": Waking(area=KEY, security=True),
        # the guardian itself
        "journal_missing": Waking(area=GUARDIAN, most=_HIGH, always=True, decision=True),
        "journal_failed": Waking(area=GUARDIAN, most=_HIGH, always=True, decision=True),
        "standing_lapsed": Waking(area=GUARDIAN, most=_HIGH, always=True, decision=True),
        "breaker_open": Waking(area=GUARDIAN, most=_HIGH, decision=True),
        "nobody_approves": Waking(area=GUARDIAN, most=_HIGH, decision=True),
        "options_gone": Waking(area=GUARDIAN, decision=True),
        "phones_alike": Waking(area=GUARDIAN, hold=120.0, decision=True, listed=True),
        "foreign_guardian": Waking(area=GUARDIAN, most=_HIGH, security=True, always=True, decision=True),
        "clock_jumped": Waking(area=GUARDIAN),
        "source_disabled": Waking(area=GUARDIAN, most=_INFO),
        "watching_itself": Waking(area=GUARDIAN, most=_INFO),
        "practice": Waking(area=GUARDIAN, most=_HIGH, security=True, always=True, at_once=True),
    }
)
RANK: Mapping[str, int] = MappingProxyType({rule: index for index, rule in enumerate(TABLE)})
# a rule that nobody entered wakes nobody at night
UNKNOWN = Waking(area=HOST, most=_HIGH)


def waking_of(rule: str) -> Waking:
    """Return the row of a rule; a cautious one where the table has none."""
    return TABLE.get(rule, UNKNOWN)
