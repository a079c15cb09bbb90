"""What the library says of methods, in the words of the command line."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    import re
    from collections.abc import Mapping

    Vocabulary = Mapping[str, tuple[str, ...]]


def in_words(text: str, vocabulary: Vocabulary) -> str:
    """A text with the words of commands in place of the names of methods, and calls as they are typed.

    Messages and remarks are written once, with the names of methods; they become what a terminal shows only here.

    Arguments:
        vocabulary: method name to command words.

    >>> known = {"show_boxes": ("show", "boxes"), "rent_box": ("rent", "box")}
    >>> in_words("Look with show_boxes.", known)
    'Look with show boxes.'
    >>> in_words('Use rent_box(OFFER, mount_path="/data"), or open_box(7).', known)
    'Use vastai rent box OFFER --mount-path /data, or open_box(7).'
    """
    if "_" not in text:  # a name of one word is the same in both
        return text
    import re

    return re.sub(r"\b([a-z]+_\w+)(?:\(([^()]*)\))?", lambda found: _said(found, vocabulary), text)


def with_flags(text: str, spelled: Mapping[str, str]) -> str:
    """What is said of the parameters of a call, said of what is typed for them.

    Arguments:
        spelled: the name of a parameter to its flag, or to the word of the usage line.

    >>> with_flags("rent box: max_hours: is no number; id: is required", {"max_hours": "--max-hours", "id": "ID"})
    'rent box: --max-hours: is no number; ID: is required'
    """
    import re

    return re.sub(r"(?<=[:;] )(\w+)(?=[:,] )", lambda found: spelled.get(found[1], found[1]), text)


def quoted_in_words(text: str, vocabulary: Vocabulary) -> str:
    """The same for the text of an entry, where names stand in backquotes. Help must start without `re`.

    >>> quoted_in_words("An ID of `show_boxes`, with `all_pages`.", {"show_boxes": ("show", "boxes")})
    'An ID of `show boxes`, with `all_pages`.'
    """
    parts = text.split("`")
    parts[1::2] = [" ".join(vocabulary.get(name, (name,))) for name in parts[1::2]]
    return "`".join(parts)


def _said(found: re.Match[str], vocabulary: Vocabulary) -> str:
    name, arguments = found.groups()
    if name not in vocabulary:
        return found.group()
    words = " ".join(vocabulary[name])
    return words if arguments is None else " ".join(["vastai", words, *map(_typed, arguments.split(","))]).strip()


def _typed(argument: str) -> str:
    """An argument of a call as it is typed.

    >>> _typed("OFFER"), _typed(' mount_path="/data"')
    ('OFFER', '--mount-path /data')
    """
    name, equals, value = argument.strip().partition("=")
    return f"--{name.replace('_', '-')} {value.strip(chr(34))}" if equals else name
