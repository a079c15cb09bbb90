"""Starting: the command line without and with a request, and importing the library."""

from __future__ import annotations

from .lab import Lab
from .measure import Row

SCRIPT, OFFICIAL = "an empty console script", "the official client"
IMPORT = "import vastai; vastai.VastAI(api_key='k')"


def rows(lab: Lab) -> list[Row]:
    """The rows of this module."""
    empty = [lab.empty]
    complete, query = ["__complete", "zsh"], ["search", "offers", "gpu_na"]
    show = ["show", "instances", "--raw", "--url", lab.url()]
    return [
        Row("`vastai --version`", [lab.vastai, "--version"], empty, SCRIPT, 1.1),
        Row("`vastai`", [lab.vastai], empty, SCRIPT, 1.25),
        Row("`vastai --help`", [lab.vastai, "--help"], empty, SCRIPT, 1.25),
        Row("`vastai show instances --help`", [lab.vastai, "show", "instances", "--help"], empty, SCRIPT, 1.8),
        Row("TAB behind `show inst`", [lab.vastai, *complete, "show", "inst"], empty, SCRIPT, 1.5),
        Row("TAB behind `search offers gpu_na`", [lab.vastai, *complete, *query], empty, SCRIPT, 2.75),
        Row(
            "a usage error: `vastai show instances --no`",
            [lab.vastai, "show", "instances", "--no"],
            empty,
            SCRIPT,
            1.8,
            exit_code=2,
        ),
        Row("`vastai show instances --raw`", [lab.vastai, *show], [lab.official, *show], OFFICIAL, 0.24),
        Row(
            "the same",
            [lab.vastai, *show],
            [lab.python, "-c", "import requests"],
            '`python -c "import requests"`',
            1.2,
        ),
        Row(
            "`import vastai`, one `VastAI(...)`",
            [lab.python, "-c", IMPORT],
            [lab.official_python, "-c", IMPORT],
            OFFICIAL,
            0.02,
        ),
        Row("the same", [lab.python, "-c", IMPORT], [lab.python, "-c", "pass"], "`python -c pass`", 1.25),
    ]
