"""Help: the front page, the commands that begin with a word, and the page of one command, the same on every Python."""

from __future__ import annotations

from .options import GENERAL, OUTPUT, Option, of_command
from .speech import quoted_in_words

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Iterable, Mapping, Sequence

    from ..table.model import Command, Parameter, Summary
    from .speech import Vocabulary

    Pair = tuple[str, str]

INDENT = "  "
GENERALLY = "options of every command"
LEFT = 26  # columns for the left half of a list of commands or options

INTRO = """\
usage: vastai COMMAND [ARGUMENTS] [OPTIONS]

The GPU market Vast.ai on the command line: search offers, rent and use
instances, and pay for them.

  vastai set api-key              Keep the key of your account on this machine
  vastai doctor                   Look what is wrong, and what to do
  vastai COMMAND --help           Show the arguments of a command, with examples
  vastai help WORD                List the commands that begin with a word
  vastai help                     List the topics of help, such as queries
  vastai COMMAND --url sandbox    Try a command here, without account and money
  vastai COMMAND --raw            Print the result as JSON
"""


WAYS = """\
First, once:         vastai set api-key, which asks for your key
Without an account:  add --url sandbox to any command; nothing there costs money
More:                vastai COMMAND --help, vastai --help for all commands,
                     vastai help for topics such as the language of queries
"""


def front_page(rows: Sequence[Summary], width: int) -> str:
    """All commands by group, in the order of the table, and the options that every command takes."""
    parts = [INTRO]
    groups: dict[str, list[Summary]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    for group, members in groups.items():
        parts.append(listed(group, _commands(members), width))
    parts += [listed("output", options_listed(OUTPUT), width), listed(GENERALLY, options_listed(GENERAL), width)]
    return "\n".join(parts).rstrip("\n")


def start_page(start: Iterable[Pair], summaries: Mapping[str, str]) -> str:
    """What ``vastai`` alone shows: the most used commands, and the ways on. It fits in 24 lines of 80 columns.

    Arguments:
        start: names of commands, each with an example.
        summaries: command name to what it does.
    """
    parts = ["vastai: rent GPUs on the market Vast.ai, from the command line\n"]
    for name, example in start:
        parts.append(f"{INDENT}{_capitals(example)}\n{INDENT * 3}{summaries[name]}")
    return "\n".join([*parts, "", WAYS]).rstrip("\n")


def beginning_page(
    words: Sequence[str], rows: Sequence[Summary], width: int, elsewhere: Sequence[tuple[str, ...]] = ()
) -> str:
    """The commands that begin with these words.

    Arguments:
        elsewhere: the words of a command that other tools call so.
    """
    start = " ".join(words)
    parts = [f"usage: vastai {start} ...\n", listed(f"commands that begin with {start}", _commands(rows), width)]
    parts += [f"For what other tools call {start}: vastai {' '.join(each)}." for each in elsewhere]
    return "\n".join([*parts, "A command's arguments are shown by --help after its words."])


def command_page(command: Command, width: int, vocabulary: Vocabulary) -> str:
    """What one command does, what it takes, and the request it stands for.

    Arguments:
        vocabulary: method name to command words, for the commands that its description names.
    """
    parts = [_usage(command, width), _paragraph(_about(command), width)]
    if command.description:
        parts.append(_described(quoted_in_words(command.description, vocabulary), width))
    shown = [parameter for parameter in command.params.values() if not parameter.hidden]
    words = [(_word(command, each), _meaning(each)) for each in shown if each.positional]
    flags = [(_flag(each), _meaning(each)) for each in shown if not each.positional]
    if words:
        parts.append(listed("arguments", words, width))
    if flags:
        parts.append(listed("options", flags, width))
    others = of_command(command)
    about_output = [option for option in others if option in OUTPUT or option.alone]
    parts.append(listed("output", options_listed(about_output), width))
    parts.append(listed(GENERALLY, options_listed(option for option in others if option not in about_output), width))
    if command.examples:
        parts.append(_examples(command, width))
    if command.verb:
        parts.append(f"{command.verb} {command.path}\n")
    return "\n".join(parts).rstrip("\n")


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """A text in lines of at most so many columns; a longer word stands on a line of its own.

    >>> wrapped("one two three", 9, "  ")
    ['  one two', '  three']
    """
    lines: list[str] = []
    line = indent
    for word in text.split():
        if line != indent and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = indent
        line += word if line == indent else f" {word}"
    return [*lines, line] if line != indent else lines


def _usage(command: Command, width: int) -> str:
    shown = [parameter for parameter in command.params.values() if not parameter.hidden]
    words = [_word(command, each) for each in shown if each.positional]
    needed = [f"{each.flags[0]}{_value(each)}" for each in shown if each.required and not each.positional]
    text = " ".join(["vastai", *command.words, *words, *needed, "[OPTIONS]"])
    first, *others = wrapped(text, width - 7)
    return "\n".join([f"usage: {first}", *(f"       {line}" for line in others), ""])


def _about(command: Command) -> str:
    text = f"{command.summary}."
    if command.deprecated:
        from ..table.model import words_of

        text += f" Deprecated: use vastai {' '.join(words_of(command.deprecated))}."
    return text


def _word(command: Command, parameter: Parameter) -> str:
    """A word in the usage line: brackets say that it may be missing, dots that there may be several."""
    from .flags import free_words

    name = _name(parameter)
    several = parameter.many or parameter is free_words(command) or command.several_words(parameter)
    name += "..." if several else ""
    return name if parameter.required else f"[{name}]"


def _flag(parameter: Parameter) -> str:
    shown, *short = parameter.flags
    return ", ".join([*short, shown]) + _value(parameter)


def _value(parameter: Parameter) -> str:
    """What follows a flag; nothing for a switch."""
    if parameter.has_bare:
        return parameter.value_if_any
    dots = "..." if parameter.many and not parameter.repeated else ""
    return "" if parameter.type == "bool" else f" {_name(parameter)}{dots}"


def _name(parameter: Parameter) -> str:
    return parameter.name.upper().replace("_", "-")


def _meaning(parameter: Parameter) -> str:
    text = parameter.help
    if parameter.choices and not parameter.has_bare:
        text += f"; one of {', '.join(map(str, parameter.choices))}"
    if parameter.initial not in (None, "", False, True):
        text += f" (default: {parameter.initial})"
    if parameter.required and not parameter.positional:
        text += " (required)"
    return text


def _commands(rows: Iterable[Summary]) -> list[Pair]:
    return [(" ".join(row.words), row.summary) for row in rows if not row.deprecated]


def options_listed(options: Iterable[Option]) -> list[Pair]:
    """Options as they are written, each with its meaning."""
    pairs = []
    for option in options:
        first, *short = option.flags
        value = {"none": "", "one": f" {option.metavar}", "optional": f"[={option.metavar}]"}[option.takes]
        pairs.append((", ".join([*short, first]) + value, option.help))
    return pairs


def listed(heading: str, pairs: Iterable[Pair], width: int) -> str:
    """A heading, and below it names with their meanings in a second column."""
    lines = [f"{heading}:"]
    for name, meaning in pairs:
        if len(name) <= LEFT - 2 and len(meaning) <= width - LEFT - 2 and "\n" not in meaning:  # nearly all
            lines.append(f"{INDENT}{name:<{LEFT - 2}}  {meaning}".rstrip())
            continue
        first, *others = wrapped(meaning, width, " " * (LEFT + 2)) or [""]
        if len(name) > LEFT - 2:
            lines += [INDENT + name, first]
        else:
            lines.append(f"{INDENT}{name:<{LEFT - 2}}  {first.strip()}".rstrip())
        lines += others
    return "\n".join([*lines, ""])


def _examples(command: Command, width: int) -> str:
    """The examples as they are typed; what a test puts in for a placeholder stands in capitals."""
    lines = ["examples:"]
    for example in command.examples:
        if "cli" in example:
            lines.append(INDENT + _capitals(example["cli"]))
            lines += wrapped(example["note"], width, INDENT * 3) if "note" in example else []
    return "\n".join([*lines, ""])


def _capitals(text: str) -> str:
    """``{instance}`` as ``INSTANCE``; other braces, such as those of JSON, stay.

    >>> _capitals("vastai logs {instance} --env '{\\"A\\": 1}'")
    'vastai logs INSTANCE --env \\'{"A": 1}\\''
    """
    head, *others = text.split("{")
    for part in others:
        name, closed, after = part.partition("}")
        plain = bool(closed) and name.replace("_", "").isalpha() and name.islower()
        head += name.upper().replace("_", "-") + after if plain else "{" + part
    return head


def _paragraph(text: str, width: int) -> str:
    return "\n".join([*wrapped(text, width), ""])


def _described(text: str, width: int) -> str:
    """A description of several paragraphs; the items of a list keep their lines.

    >>> _described("One\\ntwo.\\n\\n- three\\n- four", 80)
    'One two.\\n\\n- three\\n- four\\n'
    """
    parts = []
    for paragraph in text.strip().split("\n\n"):
        items = paragraph.replace("\n- ", "\n\0- ").split("\n\0")
        parts.append("\n".join(line for item in items for line in wrapped(item, width)))
    return "\n\n".join(parts) + "\n"
