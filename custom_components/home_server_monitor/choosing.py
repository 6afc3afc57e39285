"""What is chosen with in forms of options: a few selectors, each said once."""

from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .edge.choices import Named


def several(offer: Named, mode: SelectSelectorMode = SelectSelectorMode.LIST) -> SelectSelector:
    """Return a choice of several things."""
    config = SelectSelectorConfig(options=_options(offer), multiple=True, mode=mode, custom_value=False)
    return SelectSelector(config)


def one_of(offer: Named) -> SelectSelector:
    """Return a choice of one thing."""
    return SelectSelector(SelectSelectorConfig(options=_options(offer), mode=SelectSelectorMode.DROPDOWN))


def _options(offer: Named) -> list[SelectOptionDict]:
    return [SelectOptionDict(value=key, label=label) for key, label in offer.items()]


def number(most: int) -> NumberSelector:
    """Return a count from 1 on."""
    return NumberSelector(NumberSelectorConfig(min=1, max=most, step=1, mode=NumberSelectorMode.BOX))


def mbit() -> NumberSelector:
    """Return a speed, as lines are sold."""
    return NumberSelector(
        NumberSelectorConfig(
            min=0, max=10_000, step="any", unit_of_measurement="Mbit/s", mode=NumberSelectorMode.BOX
        )
    )


def gigabytes() -> NumberSelector:
    """Return a size, as disks are sold."""
    return NumberSelector(
        NumberSelectorConfig(
            min=0, max=100_000, step=1, unit_of_measurement="GB", mode=NumberSelectorMode.BOX
        )
    )


def choice(options: tuple[str, ...], key: str, *, multiple: bool) -> SelectSelector:
    """Return a choice among what the texts name; key: of those texts."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), multiple=multiple, translation_key=key, mode=SelectSelectorMode.DROPDOWN
        )
    )
