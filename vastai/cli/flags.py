"""The flags that a command takes in the terminal, by each way to write them."""

from __future__ import annotations

from .options import Option, of_command, spellings

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from ..table.model import Command, Parameter


class Flag:
    """One flag of one command.

    Attributes:
        name: the parameter's name, or the first flag of an option that every command takes.
        spellings: all ways to write it, the shown ones first.
        takes: ``none`` (a switch), ``one`` value, an ``optional`` one after ``=``, one ``each`` time, ``many`` values,
            or the ``rest`` of the line.
        constant: what a switch stands for, or a flag with an optional value when it is alone.
        parameter: the parameter it belongs to, or None for an option that every command takes.
    """

    __slots__ = ("constant", "name", "parameter", "spellings", "takes")

    def __init__(
        self,
        name: str,
        spellings: tuple[str, ...],
        takes: str,
        constant: bool | str = True,
        parameter: Parameter | None = None,
    ) -> None:
        self.name = name
        self.spellings = tuple(dict.fromkeys(spellings))
        self.takes = takes
        self.constant = constant
        self.parameter = parameter


def flags_of(command: Command) -> dict[str, Flag]:
    """Every flag that the command takes, by each of its spellings; where two share one, the first has it.

    A flag of the command's own comes before an option of every command, and that before the name of a word.
    """
    found: dict[str, Flag] = {}
    own = [flag for parameter in command.params.values() for flag in _of_parameter(parameter, has_orders(command))]
    words = [flag for flag in own if flag.parameter and flag.parameter.positional]
    general = [_of_option(option) for option in of_command(command)]
    for flag in (*(flag for flag in own if flag not in words), *general, *words):
        for spelling in flag.spellings:
            found.setdefault(spelling, flag)
    return found


def free_words(command: Command) -> Parameter | None:
    """The parameter that takes all the remaining words as one text: the last word, if that is an optional text."""
    words = [parameter for parameter in command.params.values() if parameter.positional]
    return words[-1] if words and words[-1].takes_the_rest else None


def words_before_rest(command: Command) -> int | None:
    """How many words stand before the one that takes the rest of the line; None when no word does."""
    words = [parameter for parameter in command.params.values() if parameter.positional]
    return len(words) - 1 if words and words[-1].rest else None


def has_orders(command: Command) -> bool:
    """Can its words be read in more than one order? Then they may also be named by flags."""
    return len(command.orders) > 1


def _of_parameter(parameter: Parameter, named: bool) -> list[Flag]:
    """A word has no flag but its short one, unless it may be named; a switch that is on by default has one each way."""
    if parameter.positional:
        spelled = _spelled(list(parameter.flags if named else parameter.flags[1:]))
        return [Flag(parameter.name, spelled, "one", parameter=parameter)] if spelled else []
    others = [f"--{name}" for name in parameter.alias]
    if parameter.type == "bool" and not parameter.many:
        on_by_default = parameter.default is True
        flags = [Flag(parameter.name, _spelled([*parameter.flags, *others]), "none", not on_by_default, parameter)]
        if on_by_default:
            flags.append(Flag(parameter.name, _spelled([f"--{parameter.name}"]), "none", True, parameter))
        return flags
    if parameter.has_bare:
        spelled = _spelled([*parameter.flags, f"--{parameter.name}", *others])
        return [Flag(parameter.name, spelled, "optional", str(parameter.bare), parameter)]
    takes = _takes(parameter)
    return [Flag(parameter.name, _spelled([*parameter.flags, f"--{parameter.name}", *others]), takes, True, parameter)]


def _takes(parameter: Parameter) -> str:
    if parameter.rest:
        return "rest"
    return "one" if not parameter.many else "each" if parameter.repeated else "many"


def _of_option(option: Option) -> Flag:
    return Flag(option.flags[0], _spelled([*option.flags, *option.old]), option.takes, option.alone or True)


def _spelled(flags: list[str]) -> tuple[str, ...]:
    return (*flags, *(spelling for flag in flags for spelling in spellings(flag)))
