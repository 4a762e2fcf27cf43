"""Who asks, and what that person may do: rules for a server that several people share.

Whoever serves several people registers :func:`served_by`, a function that names the person who asks. Without one, on
the command line and in the threads that carry runs out, nobody in particular asks, and everything is allowed.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from engine.errors import BadInput, NotYours
from engine.system.singleton import singleton

LONGEST = 200  # characters of a name
_asking: ContextVar[Person | None] = ContextVar("asking", default=None)


@dataclass(frozen=True)
class Person:
    """One who has logged in.

    ``name`` is what the person's runs are marked with. A teacher may stop, change and delete everybody's. ``waiting``
    is how many runs may wait at once, ``seconds`` how long each may take; None sets no limit.
    """

    name: str
    teacher: bool = False
    waiting: int | None = None
    seconds: float | None = None


NOBODY = Person("")  # has not logged in where one must: may look, but change nothing


def asker() -> Person | None:
    """Who asks; None for nobody in particular."""
    asking = _asking.get()
    return asking if asking is not None else _server().name()


@contextlib.contextmanager
def asking(person: Person | None) -> Iterator[None]:
    """What is done within is asked for by this person: for the threads of a job, and for tests."""
    token = _asking.set(person)
    try:
        yield
    finally:
        _asking.reset(token)


def served_by(name: Callable[[], Person | None]) -> None:
    """Registers who names the person that asks, for the whole process."""
    _server().name = name


class _Server:
    """Holds the function that was registered, where hot reload does not lose it."""

    def __init__(self) -> None:
        self.name: Callable[[], Person | None] = lambda: None


def _server() -> _Server:
    return singleton("people", "server", _Server)


# --- rules ----------------------------------------------------------------------------------


def may(owner: str | None) -> bool:
    """Whether the one who asks may stop, change or delete what this person started; None started it without login."""
    person = asker()
    return person is None or person.teacher or (bool(person.name) and owner == person.name)


def check_may(owner: str | None, what: str) -> None:
    """Raises NotYours where the one who asks may not change ``what``, such as ``run cafe``."""
    if not may(owner):
        whose = f"belongs to {owner}" if owner else "was started without a login"
        raise NotYours(f"{what[:1].upper()}{what[1:]} {whose}: only its owner and teachers can stop, change or "
                       "delete it.")


def check_room(waiting: int, more: int) -> None:
    """Raises BadInput where the one who asks may not have ``more`` runs wait beside those ``waiting``."""
    person = asker()
    if person == NOBODY:
        raise NotYours("Log in to start a run.")
    if person is None or person.waiting is None or waiting + more <= person.waiting:
        return
    have = f"{waiting} of your runs already wait, and " if waiting else ""
    raise BadInput(f"{have[:1].upper()}{have[1:]}{'t' if have else 'T'}his would add {more}, but {person.waiting} may "
                   "wait at once for each person on this server: wait until some have ended, or ask for fewer.")


def check_teacher(sentence: str) -> None:
    """Raises NotYours with this sentence where the one who asks is neither a teacher nor nobody in particular."""
    person = asker()
    if person is not None and not person.teacher:
        raise NotYours(sentence)


def name_of_asker() -> str | None:
    """What the runs of the one who asks are marked with; None where nobody in particular asks."""
    person = asker()
    return person.name if person else None


def seconds_of_asker() -> float | None:
    """How long each run of the one who asks may take."""
    person = asker()
    return person.seconds if person else None


# --- settings -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rules:
    """The settings of a server with login (docs/deployment.md); a claim is ``name=value``, as ``groups=teachers``."""

    teachers: frozenset[str] = frozenset()
    teacher_claim: tuple[str, str] | None = None
    most_waiting: int | None = None
    most_seconds: float | None = None

    def person(self, claims: Mapping[str, Any]) -> Person:
        """The person that a login service describes. Raises BadInput for one without a name or a verified address."""
        name = _name_in(claims)
        if name in self.teachers or self._claimed(claims):
            return Person(name, teacher=True)
        return Person(name, False, self.most_waiting, self.most_seconds)

    def _claimed(self, claims: Mapping[str, Any]) -> bool:
        if self.teacher_claim is None:
            return False
        name, wanted = self.teacher_claim
        value = claims.get(name)
        return wanted in map(str, value if isinstance(value, list | tuple) else [value])


def _name_in(claims: Mapping[str, Any]) -> str:
    """The e-mail address in small letters; the login service's own id where it gives none."""
    if claims.get("email") and claims.get("email_verified") in (False, "false"):
        raise BadInput(f"The login service has not verified the address {claims['email']}: confirm it there, then log "
                       "in again.")
    name = str(claims.get("email") or claims.get("sub") or "").strip().lower()
    if not name or len(name) > LONGEST or not name.isprintable():
        raise BadInput("The login service gives neither an e-mail address nor an id for you: ask whoever runs this "
                       "server to allow the scope `email`.")
    return name


SETTINGS = ("teachers", "teacher_claim", "most_waiting", "most_seconds")


def rules(section: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Rules:
    """The rules that ``[people]`` of the secrets states; ``UNLEARN_TEACHERS`` and so on come before it.

    Raises BadInput for settings that make no sense.
    """
    if strange := sorted(set(section) - set(SETTINGS)):
        raise BadInput(f"[people] has {', '.join(strange)}, which this version does not know. Valid: "
                       f"{', '.join(SETTINGS)}.")
    given = {name: environment.get(f"UNLEARN_{name.upper()}") or section.get(name) for name in SETTINGS}
    return Rules(_teachers(given["teachers"]), _claim(given["teacher_claim"]),
                 _whole("most_waiting", given["most_waiting"]), _positive("most_seconds", given["most_seconds"]))


def _teachers(value: Any) -> frozenset[str]:
    listed = re.split(r"[\s,]+", value) if isinstance(value, str) else value or ()
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise BadInput(f"teachers is {value!r}, but must be a list of e-mail addresses.")
    return frozenset(one.lower() for one in listed if one)


def _claim(value: Any) -> tuple[str, str] | None:
    if not value:
        return None
    name, sign, wanted = str(value).partition("=")
    if not (name and sign and wanted):
        raise BadInput(f"teacher_claim is {value!r}, but must be a claim and its value, such as groups=teachers.")
    return name, wanted


def _whole(name: str, value: Any) -> int | None:
    number = _positive(name, value)
    if number is not None and number != int(number):
        raise BadInput(f"{name} is {value!r}, but must be a whole number from 1.")
    return None if number is None else int(number)


def _positive(name: str, value: Any) -> float | None:
    if value in (None, ""):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if isinstance(value, bool) or not 0 < number < float("inf") or (name == "most_waiting" and number < 1):
        raise BadInput(f"{name} is {value!r}, but must be a number above 0.")
    return number
