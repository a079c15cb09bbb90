"""Keep texts from elsewhere from doing anything to a terminal but being read."""

from __future__ import annotations

_STRANGE = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, direction and other invisible signs, halves, line separators


def neutral(text: str, keep: str = "") -> str:
    """Text in which no sign can move the cursor, change colours or turn the direction: each becomes a blank.

    Arguments:
        keep: signs that stay, such as the newline.

    >>> neutral("a\\x1b[31mred\\u202eb\\n")
    'a [31mred b '
    """
    if text.isascii() and text.isprintable():
        return text
    from unicodedata import category

    return "".join(" " if category(sign) in _STRANGE and sign not in keep else sign for sign in text)
