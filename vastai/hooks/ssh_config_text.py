"""The text of an SSH configuration: the part between our markers is written anew, all else stays byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UsageError

BEGIN, END = "# vastai begin", "# vastai end"
REMARK = "# Written by `vastai ssh-config`, which writes it anew each time."
FOR_ALL = "Host *"  # what somebody adds below belongs to no host of ours


def merged(text: str, entries: Sequence[Sequence[str]]) -> str:
    """A configuration with these entries between the markers; without any entry, without the markers too.

    The part stays where it is, and comes last where there was none. Lines end as the first line of the text does.

    Arguments:
        entries: the lines of each entry.

    Raises:
        UsageError: the markers are not one pair.

    >>> print(merged("Host a\\n    Port 1\\n", [["Host vast-7", "    Port 2"]]), end="")
    Host a
        Port 1
    # vastai begin
    # Written by `vastai ssh-config`, which writes it anew each time.
    Host vast-7
        Port 2
    Host *
    # vastai end
    >>> merged(merged("Host a", [["Host vast-7"]]), [])
    'Host a\\n'
    """
    before, after = outside(text)
    if not entries:
        return before + after
    lines = [BEGIN, REMARK, *(line for entry in entries for line in entry), FOR_ALL, END]
    assert not any("\n" in line or "\r" in line for line in lines), "a line is one line"
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    gap = newline if before and not before.endswith("\n") else ""
    return before + gap + "".join(line + newline for line in lines) + after


def outside(text: str) -> tuple[str, str]:
    """What stands before and behind the part between the markers; all of it stands before where there are none.

    Raises:
        UsageError: the markers are not one pair.

    >>> outside("a\\n# vastai begin\\nb\\n# vastai end\\nc")
    ('a\\n', 'c')
    """
    lines = text.split("\n")
    begins = [number for number, line in enumerate(lines) if line.strip(" \t\r") == BEGIN]
    ends = [number for number, line in enumerate(lines) if line.strip(" \t\r") == END]
    if not begins and not ends:
        return text, ""
    if len(begins) != 1 or len(ends) != 1 or ends < begins:
        found = [f"line {number + 1}: {lines[number].strip()}" for number in sorted(begins + ends)]
        raise UsageError(
            f"The markers of ssh-config are not one begin and one end ({'; '.join(found)}); nothing was written.",
            code="broken_markers",
            hint="Take out the lines that are too many by hand, and try again.",
        )
    before, after = lines[: begins[0]], lines[ends[0] + 1 :]
    return "".join(f"{line}\n" for line in before), "\n".join(after)


def difference(old: str, new: str, name: str) -> str:
    """How one text becomes another, as diff shows it.

    >>> print(difference("a\\n", "b\\n", "config"))
    --- config
    +++ config (new)
    @@ -1 +1 @@
    -a
    +b
    """
    from difflib import unified_diff

    return "\n".join(unified_diff(old.splitlines(), new.splitlines(), name, f"{name} (new)", lineterm=""))
