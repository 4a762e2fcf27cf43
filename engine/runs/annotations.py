"""What a person writes on a run: tags to find it by, and a note."""

from __future__ import annotations

from collections.abc import Iterable

from engine.errors import BadInput

LONGEST_TAG, MOST_TAGS, LONGEST_NOTE = 40, 20, 2000  # characters, tags, characters


def checked_tags(tags: Iterable[str]) -> list[str]:
    """The tags without spaces around them and without repetitions, in their order; raises BadInput.

    >>> checked_tags([" lecture ", "lecture", "", "alpha"])
    ['lecture', 'alpha']
    """
    found = list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    if long := [tag for tag in found if len(tag) > LONGEST_TAG]:
        raise BadInput(f"The tag {long[0][:LONGEST_TAG]!r}… has {len(long[0])} characters, but the limit is "
                       f"{LONGEST_TAG}: write the rest into the note.")
    if commas := [tag for tag in found if "," in tag]:
        raise BadInput(f"The tag {commas[0]!r} has a comma in it, which separates tags: write two tags.")
    if len(found) > MOST_TAGS:
        raise BadInput(f"There are {len(found)} tags, but the limit is {MOST_TAGS}.")
    return found


def checked_note(note: str) -> str | None:
    """The note without spaces around it, None for an empty one; raises BadInput where it is too long.

    >>> checked_note("  for lesson 4 "), checked_note(" ")
    ('for lesson 4', None)
    """
    if len(note.strip()) > LONGEST_NOTE:
        raise BadInput(f"The note has {len(note.strip()):,} characters, but the limit is {LONGEST_NOTE:,}.")
    return note.strip() or None
