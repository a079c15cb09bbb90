"""A command line up to the cursor, as bash reads it: its words, and how a candidate is written at the cursor."""

from __future__ import annotations

BLANKS = " \t\n"
SPECIAL = set("\\\"'`$&|;<>()[]{}*?!~#^ \t")  # what means something to a shell outside quotes


class Line:
    """The words of a line.

    Attributes:
        before: the finished words, without the program's name.
        current: the word at the cursor, as far as it is typed, without its quotes.
        quote: the quote that is open at the cursor, or "".
        _typed: the characters of the current word: each as it is meant, and whether it is quoted.
        _opened: how many characters of the current word stand before the open quote.
    """

    __slots__ = ("_opened", "_typed", "before", "current", "quote")

    def __init__(self, before: list[str], typed: list[tuple[str, bool]], quote: str, opened: int) -> None:
        self.before = before
        self.current = "".join(character for character, _ in typed)
        self.quote = quote
        self._typed = typed
        self._opened = opened

    def inserted(self, text: str, breaks: str) -> str | None:
        """What bash is to insert for a candidate: the part that it replaces, in the quotes that stand there.

        Bash replaces what stands behind an open quote, else behind the last of the characters that separate words.

        Arguments:
            text: the whole word that is meant.
            breaks: the characters that separate words (COMP_WORDBREAKS).

        Returns:
            the text, or None where the quote that is open cannot hold it.

        >>> split("vastai search offers gpu_name=RT").inserted("gpu_name=RTX_4090", " =")
        'RTX_4090'
        >>> split("vastai search offers 'num_gpus>=4 gp").inserted("num_gpus>=4 gpu_name=", " =")
        'num_gpus>=4 gpu_name='
        >>> split("vastai search offers num").inserted("num_gpus>=", " =")
        'num_gpus\\\\>='
        """
        if self.quote:
            rest = text[self._opened :]
            if self.quote == "'":
                return None if "'" in rest else rest
            return "".join("\\" + each if each in '\\"`$' else each for each in rest)
        kept = next((at for at in range(len(self._typed), 0, -1) if self._breaks(at - 1, breaks)), 0)
        return "".join("\\" + each if each in SPECIAL else each for each in text[kept:])

    def _breaks(self, at: int, breaks: str) -> bool:
        character, quoted = self._typed[at]
        return character in breaks and not quoted


def split(text: str) -> Line:
    """The words of a line that ends at the cursor.

    >>> line = split("vastai logs 7 --tail ")
    >>> line.before, line.current
    (['logs', '7', '--tail'], '')
    >>> split(r'''vastai search offers gpu_name="RTX 40''').current
    'gpu_name=RTX 40'
    """
    words: list[str] = []
    typed: list[tuple[str, bool]] = []
    begun = escaped = False
    quote, opened = "", 0
    for character in text:
        if escaped:
            if quote and character not in '\\"`$':
                typed.append(("\\", True))
            typed.append((character, True))
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = begun = True
        elif quote:
            if character == quote:
                quote = ""
            else:
                typed.append((character, True))
        elif character in "'\"":
            quote, opened, begun = character, len(typed), True
        elif character in BLANKS:
            if begun:
                words.append("".join(each for each, _ in typed))
            typed, begun = [], False
        else:
            typed.append((character, False))
            begun = True
    return Line(words[1:], typed, quote, opened)
