"""``python -m vastai`` is the command ``vastai``."""

import sys

from .cli.start import main

if __name__ == "__main__":
    sys.exit(main())
