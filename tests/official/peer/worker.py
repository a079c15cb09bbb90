"""Runs the official client for `run.py`, in its environment: one request per line of input, one answer per line.

A command line runs in a fork of this process, so that the client is loaded once and each command still begins afresh.
"""

import importlib.metadata
import json
import os
import sys
import tempfile

ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what the library prints is talk

from vastai import VastAI  # noqa: E402

COMMAND = importlib.metadata.entry_points(group="console_scripts", name="vastai")["vastai"].load()


def run_command(argv, stdin):
    """Exit code, standard output and standard error of one command line."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin.encode())
        given.seek(0)
        child = os.fork()
        if child == 0:
            for number, file in enumerate((given, out, err)):
                os.dup2(file.fileno(), number)
            sys.argv = ["vastai", *argv]
            os._exit(_ended())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        return {"code": code, "out": out.read().decode(), "err": err.read().decode()}


def _ended():
    """Run the command to its end as Python would end it. Returns the exit code."""
    sys.stdin = os.fdopen(0)  # what the old one has read ahead is not for the command
    code = 0
    try:
        code = COMMAND()
    except SystemExit as end:
        code = end.code
    except BaseException as error:
        print(f"Ended by {type(error).__name__}: {error}", file=sys.stderr)
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return int(code or 0)


def call_method(client, name, args, kwargs):
    """The result of a method, or what it raised."""
    try:
        return {"result": getattr(client, name)(*args, **kwargs)}
    except BaseException as error:
        return {"raised": f"{type(error).__name__}: {error}"}


def main():
    """Answer until the input ends."""
    client = VastAI(api_key=os.environ["VAST_API_KEY"], server_url=os.environ["SERVER"])
    methods = [name for name in dir(client) if not name.startswith("_") and callable(getattr(client, name))]
    for line in sys.stdin:
        asked = json.loads(line)
        if "argv" in asked:
            answer = run_command(asked["argv"], asked["stdin"])
        elif "method" in asked:
            answer = call_method(client, asked["method"], asked["args"], asked["kwargs"])
        else:
            answer = {"result": methods}
        print(json.dumps(answer, default=str), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main()
