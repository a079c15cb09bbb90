"""The rental of the proof: rent the cheapest offer that fits, try what one does with it, and give it back whatever
happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from proof import budget, plan
from proof.session import FAILED, NOT_CALLED, VERIFIED, Outcome, Session

Data = Mapping[str, Any]

LOOKS = (0, 1, 3, 9)  # seconds after which an instance is looked for whose creation had no clear outcome


class Spent(NamedTuple):
    """What came of the rental.

    Attributes:
        outcomes: one for each step.
        ceiling: what it could cost at most, or None when nothing was rented.
        charged: what the account paid meanwhile, in $, or None if unknown.
        rented: the last row of the instance, or None.
        left: ids of instances that may still be there. Empty, unless giving back failed.
        sure: has the service shown that nothing with the label is there?
        label: the label of what was rented.
        interrupted: did somebody stop it?
    """

    outcomes: list[Outcome]
    ceiling: budget.Ceiling | None = None
    charged: float | None = None
    rented: Mapping[str, Any] | None = None
    left: tuple[int, ...] = ()
    sure: bool = True
    label: str = ""
    interrupted: bool = False


class Story:
    """One rental.

    Args:
        story: what is done, see story.yaml.
        session: who asks the service.
        cap: the most that may be spent, in $.
        label: a label that nothing else has; what carries it is given back.
        say: takes lines for people, as things happen.
        again: calls what reads and needs an instance, while there is one.
        shield: keeps signals from ending what is in it.
    """

    def __init__(
        self,
        story: Data,
        session: Session,
        cap: float,
        label: str,
        say: Callable[[str], None] = print,
        again: Callable[[], None] = lambda: None,
        shield: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._story = story
        self._session = session
        self._cap = cap
        self._label = label
        self._say = say
        self._again = again
        self._shield = shield
        self._names: dict[str, Any] = {"label": label}
        self._outcomes: list[Outcome] = []
        self._ceiling: budget.Ceiling | None = None
        self._rented_at: float | None = None
        self._row: Mapping[str, Any] | None = None

    def run(self) -> Spent:
        """Do it all. An interruption ends it early, after what was rented is given back; it is not raised again."""
        left: tuple[int, ...] = ()
        sure = True
        before = after = None
        interrupted = False
        try:
            before = self._credit()
            if self._choose():
                self._use()
        except KeyboardInterrupt:
            interrupted = True
            self._say("Interrupted: giving back what was rented.")
        finally:
            if self._rented_at is not None:
                left, sure = self._give_back()
        if self._rented_at is not None and not interrupted:
            try:
                after = self._credit()
            except KeyboardInterrupt:
                interrupted = True
        charged = before - after if before is not None and after is not None else None
        return Spent(self._outcomes, self._ceiling, charged, self._row, left, sure, self._label, interrupted)

    # -- before

    def _choose(self) -> bool:
        """Choose the offer whose ceiling is the lowest; nothing is rented when none is below the cap."""
        found = self._step("search")
        seconds = self._story["seconds"] + self._story["cleanup"]
        rows = found.result if isinstance(found.result, list) else []
        self._ceiling = budget.cheapest(rows, self._cap, seconds=seconds, traffic=self._story["traffic"])
        if self._ceiling is None:
            self._outcomes.append(Outcome(self._story["rent"]["command"], NOT_CALLED, "no offer is below the cap"))
            return False
        self._say(f"Renting {self._ceiling}.")
        self._names["offer"] = self._ceiling.offer
        return True

    # -- meanwhile

    def _use(self) -> None:
        self._rented_at = self._session.edge.now()  # from here on something may be there
        rented = self._step("rent")
        id = plan.first(rented.result, self._story["rent"]["instance"]) if rented.good else None
        if not isinstance(id, int):
            return
        self._names["instance"] = id
        for step in self._story["steps"]:
            if self._is_over():
                self._outcomes.append(Outcome(self._named(step), NOT_CALLED, "its time is over"))
            elif "again" in step:
                self._there()  # the list gives the id
                self._again()
            elif "wait" in step:
                self._outcomes.append(self._wait(step))
            else:
                self._outcomes.append(self._call(step))

    def _wait(self, step: Data) -> Outcome:
        """Look at the instance until a field has one of the values, for as long as its time allows."""
        look = self._story["look"]
        while not self._is_over():
            seen = self._call(look)
            if isinstance(seen.result, Mapping):
                self._row = seen.result
                if self._holds(step["wait"]):
                    return Outcome(self._named(step), VERIFIED)
                if self._holds(step.get("hopeless", {})):
                    return Outcome(self._named(step), FAILED, f"it is {self._values(step['hopeless'])}")
            self._session.edge.sleep(look["every"])
        return Outcome(self._named(step), FAILED, "its time is over")

    def _is_over(self) -> bool:
        """May the instance not be used any longer: because of the time, or because of what it has cost at most?"""
        if self._ceiling is None or self._rented_at is None:
            return True
        seconds = self._session.edge.now() - self._rented_at
        return seconds >= self._story["seconds"] or self._ceiling.spent(seconds + self._story["cleanup"]) > self._cap

    # -- afterwards

    def _give_back(self) -> tuple[tuple[int, ...], bool]:
        """Destroy what carries the label until nothing does. Returns what may be there, and whether that is sure."""
        how = self._story["give_back"]
        sure, gone, left = False, 0, tuple(filter(None, [self._names.get("instance")]))
        looks = iter(LOOKS if not left else LOOKS[:2])  # an instance without an id may show up late
        with self._shield():
            for _ in range(how["tries"]):
                try:
                    there = self._there()
                    left = left if there is None else there
                    for id in left:
                        self._names["instance"] = id
                        self._call(how)
                    gone = gone + 1 if there == () else 0
                    if gone and next(looks, None) is None:
                        sure = True
                        break
                    self._session.edge.sleep(max(how["every"] if left else 1, gone))
                except KeyboardInterrupt:
                    self._say("Still giving back; please wait.")
        detail = "and nothing is left" if sure else f"may still be there: {', '.join(map(str, left)) or self._label}"
        self._outcomes.append(Outcome(how["command"], VERIFIED if sure else FAILED, detail))
        return left, sure

    def _there(self) -> tuple[int, ...] | None:
        """Ids of the instances with our label, or None when the service did not say."""
        how = self._story["list"]
        found = self._call(how)
        if not found.good or not isinstance(found.result, list):
            return None
        ours = [row for row in found.result if str(row.get(how["label"]) or "").startswith(self._label)]
        return tuple(row[how["id"]] for row in ours)

    # -- calls

    def _credit(self) -> float | None:
        value = plan.first(self._call(self._story["credit"]).result, self._story["credit"]["field"])
        return float(value) if isinstance(value, int | float) else None

    def _step(self, name: str) -> Outcome:
        outcome = self._call(self._story[name])
        self._outcomes.append(outcome)
        return outcome

    def _call(self, step: Data) -> Outcome:
        return self._session.call(step["command"], plan.filled(dict(step.get("given", {})), self._names))

    def _holds(self, wanted: Data) -> bool:
        row = self._row or {}
        return any(row.get(field) in plan.filled(values, self._names) for field, values in wanted.items())

    def _values(self, fields: Data) -> str:
        return ", ".join(f"{field} {(self._row or {}).get(field)}" for field in fields)

    def _named(self, step: Data) -> str:
        if "wait" not in step:
            return str(step.get("command", "the reading commands"))
        return "wait for " + ", ".join(f"{name} {_or(values)}" for name, values in self._filled(step["wait"]))

    def _filled(self, wanted: Data) -> Iterator[tuple[str, list[Any]]]:
        yield from plan.filled(dict(wanted), self._names).items()


def _or(values: list[Any]) -> str:
    return " or ".join(map(str, values))
