"""What an installation brings: ours of at most 2 MB, and besides it only what requests, PyYAML and jsonschema bring.

Run it with the Python of an environment into which the wheel was installed. What it prints ends with exit code 1 when
it is more than that.
"""

from __future__ import annotations

import os
import re
import sys
from importlib import metadata

OURS = "vastai"
DEPENDENCIES = ("requests", "PyYAML", "jsonschema")
TOOLS = {"pip", "setuptools", "wheel"}  # what a new environment holds anyway
LARGEST = 2_000_000  # bytes, without the bytecode that pip or Python writes


def normal(name: str) -> str:
    """The name of a distribution as the package index compares it.

    >>> normal("PyYAML"), normal("charset_normalizer")
    ('pyyaml', 'charset-normalizer')
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def brought(names: tuple[str, ...]) -> set[str]:
    """The distributions of this environment that these ones need, themselves included; extras are left out."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = normal(waiting.pop())
        if name in found:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # needed on another system, or by another Python
        found.add(name)
        waiting += [re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in needs if "extra ==" not in need]
    return found


def size(name: str) -> int:
    """Bytes of a distribution's files, without bytecode."""
    files = metadata.files(name) or []
    return sum(os.path.getsize(file.locate()) for file in files if file.suffix != ".pyc")


def main() -> int:
    """Say what there is, and what is too much."""
    installed = {normal(each.metadata["Name"]) for each in metadata.distributions()} - TOOLS
    more = installed - brought(DEPENDENCIES) - {OURS}
    bytes_ = size(OURS)
    print(f"{OURS}: {bytes_:,} bytes of at most {LARGEST:,}; besides it {', '.join(sorted(installed - {OURS}))}")
    if more:
        print(f"not brought by {', '.join(DEPENDENCIES)}: {', '.join(sorted(more))}")
    return 1 if more or bytes_ > LARGEST else 0


if __name__ == "__main__":
    sys.exit(main())
