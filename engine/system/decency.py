"""Strong language in texts that others wrote: which words it is, and a text with these words masked.

The rule is a short list. A word is masked where it begins with one of ``STARTS``, has one of ``WITHIN`` anywhere, or
is one of ``WHOLE``: the first letter stays, the others become asterisks. What the list lacks is shown as it is written.
"""

from __future__ import annotations

import re

STARTS = ("asshole", "bastard", "bitch", "bollock", "cunt", "douche", "fag", "nigg", "piss", "porn", "prick", "pussy",
          "retard", "slut", "twat", "wank", "whore")
WITHIN = ("fuck", "shit")
WHOLE = ("arse", "arses", "ass", "asses", "cock", "cocks", "dick", "dickhead", "dicks", "tit", "tits", "wtf", "stfu")
_STRONG = re.compile(rf"\b(?:(?:{'|'.join(STARTS)})\w*|\w*(?:{'|'.join(WITHIN)})\w*|(?:{'|'.join(WHOLE)})\b)",
                     re.IGNORECASE)


def is_clean(text: str) -> bool:
    """Whether no word of a text is on the list."""
    return _STRONG.search(text) is None


def masked(text: str) -> str:
    """The text with ``f***`` for such a word."""
    return _STRONG.sub(lambda found: found[0][0] + "*" * (len(found[0]) - 1), text)
