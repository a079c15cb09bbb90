"""Flow: the generators that carry a command out, yielding steps and returning the result."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from ..errors import NotOffered, OutcomeUnknown, UsageError
from ..hooks import registry
from ..table.model import Command, Parameter
from . import bind, bulk, composed, conversion, lost, polling, reply, schedule, shape
from .bound import bound
from .context import Context
from .plan import plan
from .response import date_of
from .steps import Reply, Request, Step

Flow = Generator[Step, Any, Any]


def start(command: Command, given: Mapping[str, Any], context: Context) -> Flow:
    """The flow of one call: its values are bound when it starts.

    Raises (when run):
        UsageError: the values have faults, or the service does not offer this; nothing was sent.
    """
    parameter = bind.several(command, given)
    if parameter is not None:
        other, its_values = bind.in_list_form(command, given, context.table)
        if other is not command:
            return (yield from start(other, its_values, context))
        return (yield from _each(command, parameter, given, context))
    values = bound(command, given, context)
    must_be_offered(command, context.sandboxed)
    if command.sandbox_only:
        context.notes.append(f"{command.name} works in the sandbox only. {command.instead}")
    if command.schedule and values["schedule"] is not None:
        return (yield from _scheduled(command, values, context))
    return (yield from _waited_for(command, values, _generator(command)(command, values, context), context))


def _waited_for(command: Command, values: Mapping[str, Any], carried: Flow, context: Context) -> Flow:
    """A command, and the wait that it may ask for."""
    if not command.wait:
        return carried
    from . import afterwards

    return afterwards.after(command, values, carried, _runner(context), context.notes)


def _runner(context: Context) -> Callable[..., Flow]:
    """What gives the flow of a command by its name and positional arguments, whoever asks for it."""

    def run(name: str, *args: Any) -> Flow:
        command = context.table.command(name)
        return start(command, bind.arguments(command, args, {}), context)

    return run


def must_be_offered(command: Command, sandboxed: bool) -> None:
    """Let a command pass that there is a way to carry out.

    Raises:
        NotOffered: its entry says that it is left out, or that only the sandbox has it.
    """
    if command.left_out:
        raise NotOffered(f"{command.name}: is left out. {command.instead}")
    if command.sandbox_only and not sandboxed:
        raise NotOffered(
            f"{command.name}: the service publishes no request for this. {command.instead}",
            hint=command.instead,
        )


def _generator(command: Command) -> Callable[[Command, dict[str, Any], Context], Flow]:
    """Which generator carries a command out."""
    if command.flow:
        return _named
    if command.steps:
        return _steps
    if command.pages:
        return _pages
    if command.only_waits:
        return _nothing
    if command.poll:
        return _poll
    if any(parameter.batch for parameter in command.params.values()):
        return _batches
    return _single


def _nothing(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """What a command does that only waits."""
    yield from ()
    return {"success": True}


def _single(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """One request, one answer."""
    answer = yield from _ask(command, plan(command, values), context)
    return finished(command, _read(command, answer, context), answer, values, context)


def _pages(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """Follow the token that each page names, and join the items, as many as are wanted."""
    assert command.pages is not None
    most = values.get(command.pages.get("most", ""))
    request = plan(command, values)
    items: list[Any] = []
    seen: set[str] = set()
    while True:
        answer = yield from _ask(command, request, context)
        page = reply.decode(answer)
        rows = _read(command, answer, context) if command.returns.unwrap else _items(command, answer, context)
        items.extend(rows)
        token = page.get(command.pages["token"]) if isinstance(page, dict) else None
        if not token or str(token) in seen or (most and len(items) >= most):
            return finished(command, items[:most], answer, values, context)
        seen.add(str(token))
        request = request._replace(query={**request.query, command.pages["send"]: str(token)})


def _items(command: Command, answer: Reply, context: Context) -> list[dict[str, Any]]:
    """The rows of a page, found under the name that `pages` gives."""
    assert command.pages is not None
    page = reply.decode(answer)
    if not 200 <= answer.status < 300 or not isinstance(page, dict) or page.get("success") is False:
        return reply.rows(_read(command, answer, context), answer)
    if command.pages["items"] not in page:
        raise reply.unusable(answer, f'has no "{command.pages["items"]}"')
    return reply.check_rows(command, reply.rows(page[command.pages["items"]], answer), context.strict, context.notes)


def _poll(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """Ask, then fetch the URL that the answer names until it is there; again and again for what is followed."""

    def fetch(values: dict[str, Any]) -> Flow:
        result, answer = yield from polling.fetched(command, values, context, _ask)
        return finished(command, result, answer, values, context)

    if values.get((command.poll or {}).get("follow", {}).get("when", "")):
        from . import following

        return (yield from following.follow(command, values, context, fetch, _runner(context)))
    return (yield from fetch(values))


def _batches(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """A long list in requests of limited size, a few at a time. None for an empty one: it could mean all of them."""
    parameter = next(p for p in command.params.values() if p.batch)
    items, size = values[parameter.name], parameter.batch or 1
    if command.effect != "once":  # what is created for an item may be wanted twice
        items = bind.distinct(items)
    parts = [items[first : first + size] for first in range(0, len(items), size)]
    if len(parts) == 1:
        return (yield from _single(command, {**values, parameter.name: items}, context))
    flows = [_single(command, {**values, parameter.name: part}, context) for part in parts]
    return (yield from bulk.perform(parts, flows))


def _each(command: Command, parameter: Parameter, given: Mapping[str, Any], context: Context) -> Flow:
    """A list in place of one item: a call for each, a few at a time."""
    must_be_offered(command, context.sandboxed)
    if command.schedule and given.get("schedule") is not None:
        bind.raise_faults(command, ["schedule: give one at a time"])
    calls = bind.one_by_one(command, given)
    for call in calls:  # nothing is sent before all are known to be right
        bind.check(command, call, bind.with_defaults(command, call))
    items = [conversion.convert(parameter, call[parameter.name]) for call in calls]
    # what is not checked there is the same for all
    values = {**(bound(command, calls[0], context) if calls else {}), parameter.name: items}
    if command.wait:  # all are waited for together
        calls = [{**call, "wait": None} for call in calls]
    flows = [start(command, call, context) for call in calls]
    return (yield from _waited_for(command, values, bulk.perform([[item] for item in items], flows), context))


def _named(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """A flow written by hand."""
    call = Call(command, context)
    result = yield from registry.apply(
        registry.find("flow", command.flow or ""), call, values, passed_in=context.passed_in()
    )
    return finished(command, result, None, values, context)


def _scheduled(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """Nothing is done now: the service keeps the request, and does it again and again."""
    wanted = schedule.job(command, plan(command, values), values, context.now())
    return (
        yield from schedule.keep(
            command, wanted, lambda name, given: start(context.table.command(name), given, context)
        )
    )


def _steps(command: Command, values: dict[str, Any], context: Context) -> Flow:
    """The other commands that the entry names, in turn."""
    result = yield from composed.in_turn(command, values, context.table, Call(command, context))
    return finished(command, result, None, values, context)


class Call:
    """What a hand-written flow uses to run other commands of the table, those that its entry lists."""

    def __init__(self, command: Command, context: Context) -> None:
        self._command = command
        self._context = context

    def __call__(self, name: str, /, **values: Any) -> Flow:
        """Run another command with its own effect. It raises on a refusal.

        Raises (when run):
            APIError: the service refused.
        """
        return self._started(name, values, self._context)

    def checked(self, name: str, differs: list[str], /, **values: Any) -> Flow:
        """The same, with the answer checked against its schema: what differs is added to a list, and said to nobody.

        Raises (when run):
            APIError: the service refused.
        """
        return self._started(name, values, self._context.checking(differs))

    def _started(self, name: str, values: Mapping[str, Any], context: Context) -> Flow:
        if name not in self._command.calls:
            raise UsageError(f"{self._command.name} calls {name}, which its entry does not list under calls")
        command = context.table.command(name)
        return start(command, bind.arguments(command, (), values), context)


def _ask(command: Command, request: Request, context: Context) -> Flow:
    """One request; when its outcome is unknown, a look at what may have come of it."""
    began = context.now()
    try:
        answer = yield request
    except OutcomeUnknown as unknown:
        try:
            unknown.candidates = yield from lost.candidates(
                command,
                request,
                lambda: began + context.ahead,
                _runner(context),
            )
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted: {unknown}") from None
        raise
    date = date_of(answer)
    context.ahead = 0.0 if date is None else date - context.now()
    if answer.note and answer.status < 300:  # the note of a refusal is said with the error
        context.notes.append(answer.note)
    return answer


def finished(command: Command, result: Any, answer: Reply | None, values: Mapping[str, Any], context: Context) -> Any:
    """A result in the shape that the entry's `returns` wants, after the transforms that it names under `then`."""
    returns = command.returns
    if not (returns.then or returns.pick or returns.reshape or returns.age):
        return result
    passed_in = context.passed_in(date_of(answer))
    result = shape.shaped(command, result, values, passed_in["now"])
    for name, options in command.returns.then:
        hook = registry.find("value", name)
        result = registry.apply(hook, result, values, passed_in=passed_in, **options)
    return result


def _read(command: Command, answer: Reply, context: Context) -> Any:
    return reply.read(command, answer, context.strict, context.notes.append)
