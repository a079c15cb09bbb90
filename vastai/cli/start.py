"""The console script: says the version at once, answers a TAB, and loads the command line for everything else."""

from __future__ import annotations

import gc
import sys

from .. import __version__


def main() -> int:
    """Run the command line with the arguments of this process; returns its exit code."""
    if sys.argv[1:] == ["--version"]:
        try:
            sys.stdout.write(f"{__version__}\n")
            sys.stdout.flush()
            return 0
        except (OSError, ValueError, AttributeError):
            pass  # a closed or full stdout: said below, as for every command
    if sys.argv[1:2] == ["__complete"]:
        from .complete import main as complete

        return complete(sys.argv[2:])
    try:
        from .main import main as run
    except KeyboardInterrupt:  # later ones are answered there
        return 130
    # A command is over before there is garbage worth looking for: by default Python looks after every 700 new objects,
    # and through all of them at the end.
    gc.set_threshold(100_000)
    code = run()
    gc.freeze()
    return code
