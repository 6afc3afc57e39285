"""Entities of containers: four are on at first, the others by choice."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components.button import ButtonDeviceClass
from homeassistant.components.sensor import SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.util import dt as dt_util

from ....descriptions import ObjectBinarySensor, ObjectButton, ObjectSensor, ObjectSwitch, ObjectUpdate
from ....quantities import choice, count, data_rate, data_size, days, moment, percent
from ..model import HealthStatus, State, Watched
from ..view import installed, latest, release_notes, unknown

DIAGNOSTIC = EntityCategory.DIAGNOSTIC
BY_CHOICE: Mapping[str, Any] = {"entity_category": DIAGNOSTIC, "entity_registry_enabled_default": False}


def _image_age(item: Watched) -> int | None:
    created = item.image.created if item.image else None
    return (dt_util.utcnow() - created).days if created else None


def _runs(item: Watched) -> bool | None:
    state = item.container.state
    return state in (State.RUNNING, State.PAUSED, State.RESTARTING) if state else None


SENSORS: tuple[ObjectSensor[Watched], ...] = (
    choice(
        "container_state",
        [state.value for state in State],
        lambda item: item.container.state.value if item.container.state else None,
    ),
    percent(
        "container_cpu",
        lambda item: item.usage.cpu_percent,
        precision=1,
        dead_band=2.0,
        entity_category=DIAGNOSTIC,
        feed="usage",
    ),
    data_size(
        "container_memory",
        lambda item: item.usage.memory,
        dead_band=16 * 1024**2,
        entity_category=DIAGNOSTIC,
        feed="usage",
    ),
    percent("container_memory_share", lambda item: item.usage.memory_percent, feed="usage", **BY_CHOICE),
    data_rate("container_received", lambda item: item.usage.rx_rate, feed="usage"),
    data_rate("container_sent", lambda item: item.usage.tx_rate, feed="usage"),
    *(
        data_size(
            key,
            value,
            feed="usage",
            state_class=SensorStateClass.TOTAL_INCREASING,
            dead_band=50 * 1024**2,
            **BY_CHOICE,
        )
        for key, value in (
            ("container_received_total", lambda item: item.usage.rx_total),
            ("container_sent_total", lambda item: item.usage.tx_total),
        )
    ),
    data_rate("container_read", lambda item: item.usage.read_rate, feed="usage"),
    data_rate("container_written", lambda item: item.usage.write_rate, feed="usage"),
    percent("container_throttled", lambda item: item.usage.throttled_percent, feed="usage", **BY_CHOICE),
    count("container_processes", lambda item: item.usage.pids, feed="usage", **BY_CHOICE),
    choice(
        "container_health",
        [status.value for status in HealthStatus],
        lambda item: item.container.health.status.value,
        **BY_CHOICE,
    ),
    ObjectSensor(
        key="container_restarts",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda item: item.container.restart_count,
        **BY_CHOICE,
    ),
    count("container_audit_score", lambda item: item.score, **BY_CHOICE),
    moment(
        "container_started",
        lambda item: item.container.started if item.container.running else None,
        entity_registry_enabled_default=False,
    ),
    days("container_image_age", _image_age, entity_registry_enabled_default=False),
)

BINARY: tuple[ObjectBinarySensor[Watched], ...] = (
    ObjectBinarySensor(
        key="container_out_of_memory", value=lambda item: item.container.oom_killed, **BY_CHOICE
    ),
)

SWITCHES: tuple[ObjectSwitch[Watched], ...] = (
    ObjectSwitch(
        key="container_running",
        value=_runs,
        turn_on="start_container",
        turn_off="stop_container",
        entity_registry_enabled_default=False,
    ),
)

BUTTONS: tuple[ObjectButton[Watched], ...] = (
    ObjectButton(
        key="restart_container",
        device_class=ButtonDeviceClass.RESTART,
        translation_key="restart_container",
        action="restart_container",
        entity_registry_enabled_default=False,
    ),
    *(
        ObjectButton[Watched](key=key, action=key, entity_registry_enabled_default=False)
        for key in ("pause_container", "resume_container")
    ),
    # only while there is something to go back to
    ObjectButton(key="roll_back_container", action="roll_back_container", exists=lambda item: item.kept),
    # only while a snapshot of before an update that was taken back is meant to be there
    ObjectButton(key="roll_back_data", action="roll_back_data", exists=lambda item: item.data_kept),
)

UPDATES: tuple[ObjectUpdate[Watched], ...] = (
    ObjectUpdate(
        key="container_update",
        translation_key="container_update",
        installed=installed,
        latest=latest,
        url=release_notes,
        unknown=unknown,
        tried=lambda item: item.tried,
        action="update_container",
        snapshots=True,
        feed="updates",
    ),
)
