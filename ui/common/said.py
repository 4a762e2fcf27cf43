"""The one gate for text that is shown: whatever was not written by us passes here on its way into Markdown.

Streamlit draws Markdown nearly everywhere, also in labels, helps and error boxes: a picture in it is fetched from
wherever it says, and links lead anywhere. Backslashes keep signs from meaning something. Addresses, icons and emoji
are looked for after backslashes are gone, so that an unseen joiner has to stand inside them.
"""

from __future__ import annotations

import re

JOINER = "\u2060"
LONGEST = 40  # characters of a wrong value that are repeated
_MARKS = re.compile(r"([\\`*\[\]<~$]|(?<!\w)_|_(?!\w)|&(?=#?\w+;))")
_ADDRESS = re.compile(r"(?i)(?<![a-z])(https?|ftp|mailto|xmpp|javascript)(?=:)|\b(www)(?=\.)|(?<=\w)(@)(?=\w)")
_NAMED = re.compile(r":(?=[\w+/-]+(?::|\\?\[))")
_BLOCK = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+>#])")
_LINK = re.compile(r"(?i)(?:<|\\u003c)(?=a\b)")  # as JSON has it
_SPACE = re.compile(r"[\s\0]+")


def plain(text: object) -> str:
    """A text as Markdown that shows it letter by letter, in one paragraph.

    >>> plain("![x](http://a.b/c.png) of nabla_tau")
    '!\\\\[x\\\\](http\\u2060://a.b/c.png) of nabla_tau'
    """
    line = _MARKS.sub(r"\\\1", _SPACE.sub(" ", str(text)).strip())
    line = _NAMED.sub(f":{JOINER}", _ADDRESS.sub(lambda found: f"{found[0]}{JOINER}", line))
    return _BLOCK.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", line)


def short(text: str) -> str:
    """The beginning of a wrong value, to be repeated in a sentence."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def code(text: object) -> str:
    """A text as code in Markdown: nothing in it means anything there, but the sign that would end it."""
    return "`" + _SPACE.sub(" ", str(text)).replace("`", "'") + "`"


def without_links(figure: str) -> str:
    """A Plotly figure's JSON without links: its texts may hold a little HTML, and ours never link.

    >>> without_links('{"text": "<a href=http://a.b>x</a> <b>y</b>"}')
    '{"text": "&lt;a href=http://a.b>x</a> <b>y</b>"}'
    """
    return _LINK.sub("&lt;", figure)
