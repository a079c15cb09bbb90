"""Find the word that somebody probably meant."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Iterable


def nearest(word: str, known: Iterable[str], n: int = 1) -> list[str]:
    """The known words most like this one, best first; case, hyphens and underscores make no difference.

    Args:
        word: what was written.
        known: the words that would be right.
        n: how many to give at most.

    Returns:
        Up to ``n`` of the known words, none when nothing is similar.

    >>> nearest("integr", ["str", "int", "float"])
    ['int']
    >>> nearest("num-gpu", ["num_gpus", "gpu_name"])
    ['num_gpus']
    """
    from difflib import get_close_matches  # only a mistake needs it

    plain: dict[str, str] = {}
    for name in known:
        plain.setdefault(_plain(name), name)
    return [plain[match] for match in get_close_matches(_plain(word), list(plain), n)]


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a message about a wrong word: the nearest right one as a question, or "".

    >>> suggestion("integr", ["str", "int"])
    ' Did you mean "int"?'
    >>> suggestion("zebra", ["str", "int"])
    ''
    """
    found = nearest(word, known)
    return f' Did you mean "{found[0]}"?' if found else ""


def _plain(word: str) -> str:
    return word.lower().replace("-", "_").strip("_")
