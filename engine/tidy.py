"""What every sentence passes before a person sees it: passwords in addresses are hidden, long values are cut."""

from __future__ import annotations

import re

LONGEST_VALUE, KEPT = 300, 60  # characters of a value from which on it is cut, and what is kept of it
LONGEST_LINE = 2000
_PASSWORDS = (re.compile(r"""(\b(?!https?:)\w[\w+.-]*://[^\s/:@'"]*:)[^\s'"]*(?=@)"""),  # a database's may hold / and @
              re.compile(r"""(\bhttps?://[^\s/:@'"]*:)[^\s/@'"]*(?=@)"""),
              re.compile(r"""(?i)([?&](?:password|passwd|pwd|sslpassword|token|secret|key)=)[^&\s'"]+"""))
_QUOTED = re.compile(rf"""(?<!\w)(['"])((?:(?!\1).){{{LONGEST_VALUE},}})\1(?!\w)""")
_WORD = re.compile(rf"\S{{{LONGEST_VALUE},}}")


def tidy(text: str) -> str:
    """The text as it may be shown.

    >>> tidy("postgresql://me:secret@host/runs does not answer")
    'postgresql://me:***@host/runs does not answer'
    >>> len(tidy(f"seed is {'1' * 100_000!r}, but must be a number."))
    94
    """
    text = hidden(text)
    if len(text) < LONGEST_VALUE:
        return text
    return "\n".join(map(_cut, text.split("\n")))


def hidden(text: str) -> str:
    """The text without the passwords of addresses."""
    if "://" in text:
        for pattern in _PASSWORDS:
            text = pattern.sub(r"\1***", text)
    return text


def _cut(line: str) -> str:
    line = _QUOTED.sub(lambda found: f"{found[1]}{found[2][:KEPT]}…{found[1]}", line)
    line = _WORD.sub(lambda found: f"{found[0][:KEPT]}…", line)
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE - 400]}… …{line[-400:]}"
