"""Flows for those who rent machines out: offer several, test one, pack up what is known of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..engine.steps import Pause, Write
from ..errors import APIError, AuthError, NotFound, RateLimited, VastError
from .bundle import archive, stamp
from .flows import Call, Flow, Values, say
from .registry import flow
from .self_test import NOT_RUNNING, TestFailed, check_log, check_ports, check_state, lacks, requirements, whole_machine

__all__ = ["say"]

LOOK_EVERY = 10  # seconds between two looks at an instance that starts
START_WITHIN = 900  # seconds that an instance may take to start
LOG_LINES = 200

TEST_DISK = 40  # GB; this and the next two as the official client rents for its test
TEST_SCRIPT = "/verification/remote.sh"
TEST_ENV = {"TZ": "PDT", "XNAME": "XX4", "-p 5000:5000": "1", "-p 1234:1234": "1"}


def refused(error: VastError) -> bool:
    """Did the service say no to this very request, so that the next one may fare better?

    >>> refused(APIError("no", status_code=400)), refused(AuthError("no key"))
    (True, False)
    """
    return isinstance(error, APIError) and not isinstance(error, AuthError | RateLimited)


def cleaned(use: Flow, clean: Callable[[], Flow]) -> Flow:
    """Carry a flow out, and clean up after it, whatever happens in it.

    >>> walk = cleaned(say("show_user"), lambda: say("delete_endpoint", id=1))
    >>> next(walk), walk.throw(KeyboardInterrupt())
    (('show_user', {}), ('delete_endpoint', {'id': 1}))
    """
    try:
        result = yield from use
    except GeneratorExit:  # nobody is there to carry steps out any more
        raise
    except BaseException:
        yield from clean()
        raise
    yield from clean()
    return result


def given_back(call: Call, instance: Any, notes: list[str]) -> Flow:
    """Destroy an instance that was rented; returns whether it is gone. One that is gone already is no failure.

    >>> next(given_back(say, 7, []))
    ('destroy_instance', {'id': 7})
    """
    try:
        yield from call("destroy_instance", id=instance)
    except NotFound:
        return True
    except VastError as error:
        notes.append(f"Instance {instance} is still rented, for it could not be destroyed: {error}")
        return False
    return True


# ---------------------------------------------------------------- offering


@flow
def list_machines(call: Call, values: Values) -> Flow:
    """Offer several machines with the same prices; a refusal of one does not stop the others.

    >>> steps = list_machines(say, {"ids": [1, 2], "price_gpu": 0.4})
    >>> next(steps)
    ('list_machine', {'id': [1, 2], 'price_gpu': 0.4})
    """
    prices = {name: value for name, value in values.items() if name != "ids" and value is not None}
    report = yield from call("list_machine", id=values["ids"], **prices)
    return report["results"]


# ---------------------------------------------------------------- self-test


@flow
def self_test_machine(call: Call, values: Values, notes: list[str], now: float) -> Flow:
    """Rent a machine, run the vendor's test there, read its log, destroy the instance.

    >>> asked = {"machine_id": 7, "debugging": False}
    >>> next(self_test_machine(say, asked, [], now=0.0))[1]["query"]["machine_id"]
    {'eq': 7}
    """
    found: Values = {"success": True, "machine_id": values["machine_id"], "stage": "search", "checks": []}
    try:
        yield from _self_test(call, values, found, notes)
        found["stage"] = "done"
    except TestFailed as failure:
        said = f"Machine {values['machine_id']} failed its test ({found['stage']}): {failure}"
        found |= {"success": False, "failure_code": failure.code, "error": failure.code}
        found |= {"reason": str(failure), "msg": said}
        if values.get("support_bundle_dir"):
            bundle = archive(values["machine_id"], {"self-test-result.json": found}, [], now)
            path = f"{values['support_bundle_dir']}/{bundle.name}"
            yield Write(path, bundle.data)
            found["support_bundle"] = path
    return found


def _self_test(call: Call, values: Values, found: Values, notes: list[str]) -> Flow:
    """The stages of the test. What is learned goes into `found`.

    Raises (when run):
        TestFailed: the machine did not pass.
    """

    def enter(stage: str) -> None:
        found["stage"] = stage
        if values["debugging"]:
            notes.append(f"self-test: {stage}")

    offer = yield from _offer(call, values["machine_id"])
    found["offer"] = offer
    enter("requirements")
    found["checks"] = requirements(offer)
    missing = lacks(found["checks"])
    if missing and not values["ignore_requirements"]:
        raise TestFailed("requirements", missing)
    found["warning"] = missing or None
    enter("rent")
    found["instance_id"] = instance = yield from _rent(call, offer, values, notes)
    yield from cleaned(
        _watch(call, instance, values, found, enter),
        lambda: _give_back(call, instance, found, notes),
    )
    if not found["destroyed"]:
        found["stage"] = "destroy"
        raise TestFailed("not_destroyed", f"instance {instance} could not be destroyed and goes on costing money")


def _give_back(call: Call, instance: Any, found: Values, notes: list[str]) -> Flow:
    found["destroyed"] = yield from given_back(call, instance, notes)


def _offer(call: Call, machine: Any) -> Flow:
    """The offer of the whole machine, or the failure that says why there is none to rent."""
    wild = {"eq": "any"}
    query = {"machine_id": {"eq": machine}, "verified": wild, "rented": wild}  # of any kind, and not only free ones
    for rentable in ({"eq": True}, wild):
        rows = yield from call("search_offers", query={**query, "rentable": rentable}, no_default=True)
        offer = whole_machine(rows, machine)
        if offer is not None and rentable is not wild:
            return offer
    if offer is not None:
        raise TestFailed("not_rentable", "its offers are taken; the test needs the machine free")
    try:
        yield from call("show_machine", id=machine)
    except APIError as error:
        if not refused(error):
            raise
        raise TestFailed("no_such_machine", "it has no offer, and this account has no such machine") from None
    raise TestFailed("not_listed", "it has no offer; offer it for rent first")


def _rent(call: Call, offer: Mapping[str, Any], values: Values, notes: list[str]) -> Flow:
    """Rent the offer with the test on it; returns the instance. A refusal is a failure of the test."""
    try:
        answer = yield from call(
            "create_instance",
            id=offer["id"],
            image=values["test_image"],
            disk=TEST_DISK,
            env=TEST_ENV,
            label=f"vast-self-test-machine-{values['machine_id']}",
            onstart_cmd=TEST_SCRIPT,
            ssh=True,
            direct=True,
        )
    except APIError as error:
        left = error.body.get("new_contract")
        if left is not None:  # a refusal can still have made a contract
            yield from given_back(call, left, notes)
        if not refused(error):
            raise
        raise TestFailed("not_rented", f"it could not be rented: {error.msg}") from None
    if answer.get("new_contract") is None:
        raise TestFailed("not_rented", "the service named no instance; look whether there is one")
    return answer["new_contract"]


def _watch(call: Call, instance: Any, values: Values, found: Values, enter: Callable[[str], None]) -> Flow:
    """See the instance start, open its ports and run the test, then read its log."""
    enter("start")
    row = yield from started(call, instance)
    enter("ports")
    check_ports(row)
    enter("run")
    yield Pause(values["test_seconds"])
    row = yield from call("show_instance", id=instance)
    enter("log")
    try:
        found["log"] = yield from call("logs", id=instance, tail=LOG_LINES)
    except VastError as error:
        found["log"], found["warning"] = None, f"its log could not be read: {error}"
    check_log(found["log"] or "")
    check_state(row)


def started(call: Call, instance: Any, every: float = LOOK_EVERY, within: float = START_WITHIN) -> Flow:
    """Wait until an instance runs; returns its row.

    Raises (when run):
        TestFailed: it cannot start any more, or did not start in time.

    >>> walk = started(say, 7)
    >>> next(walk), walk.send({"id": 7, "actual_status": "loading"})
    (('show_instance', {'id': 7}), Pause(seconds=10))
    """
    waited = 0.0
    while True:
        row: dict[str, Any] = yield from call("show_instance", id=instance)
        state = row.get("actual_status")
        if state == "running":
            return row
        if state in NOT_RUNNING or waited >= within:
            check_state(row, f"after {waited:.0f} seconds ")
        yield Pause(every)
        waited += every


# ---------------------------------------------------------------- what is known


# Files of this computer that tell what GPUs, memory and system it has.
LOCAL_FILES = ("/etc/os-release", "/proc/cpuinfo", "/proc/meminfo", "/proc/driver/nvidia/version")


@flow
def dump_logs(call: Call, values: Values, read_file: Callable[[str], str], now: float) -> Flow:
    """Ask for all that is known of a machine, and write it into an archive; what cannot be had is listed there.

    >>> asked = {"machine_id": 7, "instance_id": None, "output_dir": ".", "include_local_host_artifacts": False}
    >>> next(dump_logs(say, asked, read_file=str, now=0.0))
    ('show_machine', {'id': 7})
    """
    machine, instance = values["machine_id"], values["instance_id"]
    wanted: list[tuple[str, Flow]] = [
        ("machine.json", call("show_machine", id=machine)),
        ("reports.json", call("reports", id=machine)),
    ]
    if instance is not None:
        wanted += [
            ("instance.json", call("show_instance", id=instance)),
            ("instance.log", call("logs", id=instance)),
            ("instance-daemon.log", call("logs", id=instance, daemon_logs=True)),
        ]
    files: dict[str, Any] = {}
    errors: list[dict[str, Any]] = []
    for name, question in wanted:
        try:
            files[name] = yield from question
        except APIError as error:
            if not refused(error):
                raise
            errors.append({"file": name, "error": str(error)})
    if values["include_local_host_artifacts"]:
        for path in LOCAL_FILES:
            try:
                files[f"local{path}"] = read_file(path)
            except (OSError, ValueError) as fault:
                errors.append({"file": path, "error": str(fault)})
    bundle = archive(machine, files, errors, now)
    path = f"{values['output_dir'].rstrip('/') or '/'}/{bundle.name}"
    yield Write(path, bundle.data)
    return {
        "path": path,
        "size_bytes": len(bundle.data),
        "created_at_utc": stamp(now),
        "files": bundle.files,
        "collection_errors": errors,
    }
