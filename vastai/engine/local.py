"""Local: the steps that are done on this machine, programs and files, and what is said when they fail."""

from __future__ import annotations

from ..errors import ProgramFailed, VastError
from .edge import Edge
from .steps import Read, Run, Write

FAILURES = (OSError, ValueError)  # a ValueError: there is a null byte in a path or an argument


def run(step: Run, edge: Edge) -> int | str:
    """Run a program to its end.

    Returns:
        0, or what it has printed when that is wanted.

    Raises:
        ProgramFailed: it is not there, or ended with a failure; one that a signal ended has 128 and its number, as in
            a shell. `details` has the `output` that was captured.
    """
    name, output = step.argv[0], ""
    try:
        if step.capture:
            code, output = edge.capture(step.argv)
        else:
            code = edge.run(step.argv)
    except FileNotFoundError:
        raise _failed(f"{name} is not installed on this machine.", 127, "not_installed") from None
    except FAILURES as error:
        raise _failed(f"{name} cannot be run: {_reason(error)}.", 126, "not_run") from None
    if code:
        code = 128 - code if code < 0 else code
        failure = _failed(f"{name} ended with exit code {code}.", code if code < 256 else 1, ProgramFailed.code)
        failure.details = {"output": output} if step.capture else {}
        raise failure
    return output if step.capture else 0


def read(step: Read, edge: Edge, command: str) -> bytes | None:
    """The bytes of a file, None when there is none.

    Raises:
        VastError: it is there and cannot be read.
    """
    try:
        return edge.read(step.path)
    except FAILURES as error:
        raise VastError(f"{command}: cannot read {step.path}: {_reason(error)}.", code="not_read") from None


def write(step: Write, edge: Edge, command: str) -> None:
    """Write a file.

    Raises:
        VastError: it cannot be written, or the edge itself says no.
    """
    try:
        edge.write(*step)
    except VastError:
        raise
    except FAILURES as error:
        raise VastError(f"{command}: cannot write {step.path}: {_reason(error)}.", code="not_written") from None


def _failed(message: str, code: int, kind: str) -> ProgramFailed:
    failure = ProgramFailed(message, code=kind)
    failure.returncode = code
    return failure


def _reason(error: Exception) -> str:
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)
