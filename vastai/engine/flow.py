"""Flow: the generators that carry a command out, yielding steps and returning the result."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from ..errors import APIError, ConnectionFailed, NotOffered, OutcomeUnknown, UsageError, VastError
from ..hooks import registry
from ..table.model import Command, Parameter, Table
from . import bind, bulk, reply, schedule, shape
from .plan import plan
from .steps import Ask, Fetch, Pause, Reply, Request, Step

Flow = Generator[Step, Any, Any]

LOOK_AFTER = (1, 3, 9)  # seconds after a lost answer at which to look for what may have been created


class Context:
    """What hooks and flows cannot know by themselves, passed in from the edge.

    Attributes:
        table: the table of commands.
        now: gives the present, in unix seconds.
        read_file: gives the text of a local file.
        notes: remarks for the user; whoever drives the flow says them, and notes in `said` what was said.
        strict: how strictly replies are checked: "", ``warn`` or ``raise``.
        sandboxed: does the server imitate the service?
        surface: who calls: ``library`` or ``terminal``.
        ahead: seconds by which the service's clock is ahead of ours, as its last answer showed.
    """

    def __init__(
        self,
        table: Table,
        *,
        now: Callable[[], float],
        read_file: Callable[[str], str],
        strict: str = "",
        sandboxed: bool = False,
        surface: str = "library",
    ) -> None:
        self.table = table
        self.now = now
        self.read_file = read_file
        self.notes: list[str] = []
        self.said: set[str] = set()
        self.strict = strict
        self.sandboxed = sandboxed
        self.surface = surface
        self.ahead = 0.0

    def passed_in(self, now: float | None = None) -> dict[str, Any]:
        """The arguments that a hook may name."""
        return {
            "now": self.now() if now is None else now,
            "read_file": self.read_file,
            "notes": self.notes,
            "table": self.table,
            "surface": self.surface,
        }


def bound(command: Command, given: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Checked and transformed values: defaults, `prepare`, conversion and checks, `window`, then the transforms.

    Raises:
        UsageError: one line that names every fault.
    """
    values = bind.with_defaults(command, given)
    for name, options in command.prepare:
        try:
            values = registry.apply(
                registry.find("prepare", name), dict(values), passed_in=context.passed_in(), **options
            )
        except ValueError as error:
            bind.raise_faults(command, [str(error)])
    values = {**values, **bind.check(command, given, values)}
    values = bind.fill_window(command, values, context.now())
    return _transformed(command, values, context)


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
    return (yield from _generator(command)(command, values, context))


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
    if command.poll:
        return _poll
    if any(parameter.batch for parameter in command.params.values()):
        return _batches
    return _single


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
    """Ask, then fetch the URL that the answer names until it is there."""
    poll = command.poll or {}
    answer = yield from _ask(command, plan(command, values), context)
    first = reply.read_record(command, answer, context.strict, context.notes)
    url = first.get(poll["url"])
    if not isinstance(url, str):
        raise reply.unusable(answer, f'names no "{poll["url"]}"')
    waited = 0.0
    while True:
        fetched = yield Fetch(url)
        if fetched.status == 200:
            break
        if waited >= poll["within"]:
            raise ConnectionFailed(
                f"{command.name}: the result was not there after {poll['within']} seconds.",
                code="timed_out",
                hint="The instance may be loading, or busy: try again.",
            )
        yield Pause(poll["every"])
        waited += poll["every"]
    text = fetched.body.decode("utf-8", "replace") if poll.get("as", "text") == "text" else reply.decode(fetched)
    path = first.get(poll.get("without", ""))
    if isinstance(text, str) and isinstance(path, str) and path:
        text = text.replace(path, "")
    result = text if command.returns.type == "str" else {**first, "output": text}
    return finished(command, result, answer, values, context)


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
    for call in calls[:1]:  # what is not checked there is the same for all
        bound(command, call, context)
    flows = [start(command, call, context) for call in calls]
    items = [[bind.convert(parameter, call[parameter.name])] for call in calls]
    return (yield from bulk.perform(items, flows))


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
    """Other commands in turn, each with the parameters that it has too. The result is that of the last one that ran.

    Raises (when run):
        APIError: a step is refused, and no later one is there for this refusal.
    """
    call = Call(command, context)
    result: Any = None
    refused: VastError | None = None
    for step in command.steps:
        if not _applies(step, values) or (refused.code if refused else None) != step.get("after"):
            continue
        try:
            result = yield from _step(call, context.table.command(step["run"]), values, not command.confirm)
            refused = None
        except APIError as error:
            refused = error
    if refused:
        raise refused
    return finished(command, result, None, values, context)


def _applies(step: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Do the conditions of a step hold: what must be given, and what must not?"""
    wanted, unwanted = step.get("when"), step.get("unless")
    return (wanted is None or bool(_given(values, wanted))) and not (unwanted and _given(values, unwanted))


def _given(values: Mapping[str, Any], name: str) -> bool:
    """Is a parameter given, or a switch on? 0 is a value."""
    return values.get(name) not in (None, False, "", [])


def _step(call: Call, command: Command, values: Mapping[str, Any], ask: bool) -> Flow:
    """One command of the steps, once the question of its `confirm` is answered, unless the whole was asked about."""
    shared = {
        parameter.name: values[name]
        for parameter in command.params.values()
        for name in (parameter.name, *parameter.alias)
        if values.get(name) is not None
    }
    if command.confirm and ask:
        yield Ask(command.question(shared))
    return (yield from call(command.name, **shared))


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
        if name not in self._command.calls:
            raise UsageError(f"{self._command.name} calls {name}, which its entry does not list under calls")
        command = self._context.table.command(name)
        return start(command, bind.arguments(command, (), values), self._context)


def _ask(command: Command, request: Request, context: Context) -> Flow:
    """One request; when its outcome is unknown, a look at what may have come of it."""
    began = context.now()
    try:
        answer = yield request
    except OutcomeUnknown as unknown:
        try:
            unknown.candidates = yield from _candidates(command, request, began, context)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted: {unknown}") from None
        raise
    date = _date(answer)
    context.ahead = 0.0 if date is None else date - context.now()
    if answer.note and answer.status < 300:  # the note of a refusal is said with the error
        context.notes.append(answer.note)
    return answer


def _candidates(command: Command, request: Request, began: float, context: Context) -> Flow:
    """Rows that may be what a lost request created: those that began after it and match what it asked for."""
    look = command.look_at
    if "match" not in look:
        return []
    other = context.table.command(look["command"])
    asked = request.body if isinstance(request.body, dict) else {}
    wanted = {field: asked[sent] for field, sent in look["match"].items() if asked.get(sent) is not None}
    pause = 0
    for at in LOOK_AFTER:
        yield Pause(at - pause)
        pause = at
        try:
            rows = yield from start(other, {}, context)
        except Exception:  # the look is a courtesy: whatever stops it must not hide that the outcome is unknown
            continue
        fits = [row for row in rows if all(row.get(field) == value for field, value in wanted.items())]
        found = [row for row in fits if _is_new(row.get(look["since"]), began + context.ahead - 1)]
        if found:
            return found
    return []


def _is_new(started: Any, since: float) -> bool:
    """Did something begin after this time? What does not tell its time may have."""
    return not isinstance(started, int | float) or started >= since


def finished(command: Command, result: Any, answer: Reply | None, values: Mapping[str, Any], context: Context) -> Any:
    """A result in the shape that the entry's `returns` wants, after the transforms that it names under `then`."""
    returns = command.returns
    if not (returns.then or returns.pick or returns.reshape or returns.age):
        return result
    passed_in = context.passed_in(_date(answer))
    result = shape.shaped(command, result, values, passed_in["now"])
    for name, options in command.returns.then:
        hook = registry.find("value", name)
        result = registry.apply(hook, result, values, passed_in=passed_in, **options)
    return result


def _read(command: Command, answer: Reply, context: Context) -> Any:
    return reply.read(command, answer, context.strict, context.notes.append)


def _transformed(command: Command, values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Values after each parameter's own transforms. They run on defaults too, not on None."""
    done = dict(values)
    faults: list[str] = []
    for parameter in command.params.values():
        for kind, name, options in parameter.transforms:
            if done[parameter.name] is None:
                break
            hook = registry.find(kind, name)
            try:
                done[parameter.name] = registry.apply(
                    hook, done[parameter.name], values, passed_in=context.passed_in(), **options
                )
            except ValueError as error:
                faults.append(f"{parameter.name}: {error}")
                break
        else:
            if parameter.wire == "." and not isinstance(done[parameter.name], dict | None):
                faults.append(f'{parameter.name}: must be a mapping, such as {{"name": "value"}}')
    bind.raise_faults(command, faults)
    return done


def _date(answer: Reply | None) -> float | None:
    """The server's own time in unix seconds, where the answer carries it."""
    text = answer.headers.get("date") if answer else None
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
