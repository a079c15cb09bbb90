"""What a rental may cost: the ceiling before anything is rented, and the limit while it runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class Ceiling(NamedTuple):
    """The most that renting one offer can cost.

    Attributes:
        offer: id of the offer.
        per_hour: its price with the disk, in $/hour.
        traffic: price of the traffic, in $.
        seconds: how long it is used, and given back, at most.
    """

    offer: int
    per_hour: float
    traffic: float
    seconds: float

    @property
    def cost(self) -> float:
        """All of it, in $."""
        return self.traffic + self.per_hour * self.seconds / 3600

    def spent(self, seconds: float) -> float:
        """The most it can have cost after so many seconds, in $."""
        return self.traffic + self.per_hour * seconds / 3600

    def __str__(self) -> str:
        return (
            f"offer {self.offer}: {self.per_hour:.4f} $/h for at most {self.seconds / 60:.0f} min, "
            f"and traffic for {self.traffic:.4f} $: at most {self.cost:.4f} $"
        )


def ceiling(offer: Mapping[str, Any], *, seconds: float, traffic: float) -> Ceiling | None:
    """The ceiling of an offer, or None where its row does not tell what it costs.

    Args:
        offer: a row of the search for offers.
        seconds: how long it is paid for, at most.
        traffic: GB moved, each way.
    """
    price, id = offer.get("dph_total"), offer.get("id")
    moved = [offer.get("inet_down_cost"), offer.get("inet_up_cost")]
    if not isinstance(id, int) or not _price(price) or not all(_price(cost, least=0) for cost in moved):
        return None
    return Ceiling(id, float(price or 0), traffic * sum(float(cost or 0) for cost in moved), seconds)


def cheapest(offers: Iterable[Mapping[str, Any]], cap: float, *, seconds: float, traffic: float) -> Ceiling | None:
    """The offer with the lowest ceiling, if that is below the cap; None when none is.

    >>> row = {"id": 7, "dph_total": 0.3, "inet_down_cost": 0.01, "inet_up_cost": 0.0}
    >>> print(cheapest([row], 0.20, seconds=1200, traffic=1))
    offer 7: 0.3000 $/h for at most 20 min, and traffic for 0.0100 $: at most 0.1100 $
    >>> cheapest([row], 0.10, seconds=1200, traffic=1)
    """
    found = [known for row in offers if (known := ceiling(row, seconds=seconds, traffic=traffic)) is not None]
    return min((known for known in found if known.cost <= cap), key=lambda known: known.cost, default=None)


def _price(value: Any, least: float = 1e-9) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value < 1000
