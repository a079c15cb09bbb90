"""Keep texts from elsewhere from doing anything to a terminal but being read."""

from __future__ import annotations

_STRANGE = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, direction and other invisible signs, halves, line separators

_SELECTORS = dict.fromkeys(range(0xFE00, 0xFE10))


def neutral(text: str, keep: str = "") -> str:
    """Text in which no sign can move the cursor, change colours or turn the direction: each becomes a blank.

    Selectors of variants go away, since terminals differ in how wide a sign is with one: a heart stays a heart.

    Arguments:
        keep: signs that stay, such as the newline.

    >>> neutral("a\\x1b[31mred\\u202eb\\n")
    'a [31mred b '
    """
    if text.isascii() and text.isprintable():
        return text
    from unicodedata import category

    text = "".join(" " if category(sign) in _STRANGE and sign not in keep else sign for sign in text)
    return text.translate(_SELECTORS)
