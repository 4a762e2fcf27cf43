"""A form whose record is also the page's address: restored from it, mirrored into it, and what was wrong with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from engine.errors import Problem
from ui.common import address as link
from ui.common.state import Slot

T = TypeVar("T")
Query = Mapping[str, str]
LATE = 2.0  # seconds for which a browser may still send an address that the form has replaced


@dataclass(frozen=True)
class Found:
    """What was wrong with a link, and the address that the form made of it; None before the form has made one."""

    problems: tuple[Problem, ...] = ()
    address: Query | None = None


@dataclass(frozen=True)
class LinkedForm(Generic[T]):
    """One record that widgets edit and an address holds.

    Call :meth:`restore` before the widgets are drawn, :meth:`mirror` with what they come to, then :meth:`problems`.

    ``key`` begins the session's keys, ``names`` are the address's parameters that make the record, ``beside`` those of
    other forms on the page. ``read`` makes a record of parameters, the usual one of none, with a sentence for each
    problem; ``write`` is its reverse; ``fill`` puts a record into the widgets. ``instead`` says what becomes of a
    parameter that nobody knows.
    """

    key: str
    page: str
    names: tuple[str, ...]
    read: Callable[[Query], tuple[T, Sequence[Problem]]]
    write: Callable[[T], dict[str, str]]
    fill: Callable[[T], None]
    beside: tuple[str, ...] = ()
    instead: str = "It was ignored."

    @property
    def _link(self) -> Slot[Query | None]:
        """The address as it was read or written last."""
        return Slot(f"{self.key}.link", None)

    @property
    def _found(self) -> Slot[Found]:
        return Slot(f"{self.key}.problems", Found())

    @property
    def _replaced(self) -> Slot[tuple[tuple[float, Query], ...]]:
        """The addresses that this form wrote before, each with the moment at which another took its place."""
        return Slot(f"{self.key}.replaced", ())

    def restore(self) -> None:
        """Puts what the address asks for into the widgets, unless it is what they wrote there; at first the usual.

        Of two quick changes the second comes with an address that the first has replaced: that asks for nothing.
        """
        asked = {name: st.query_params[name] for name in self.names if name in st.query_params}
        wrong = link.unused((*self.names, *self.beside), self.page, self.instead)
        written = self._link.get()
        if written is None or (asked and asked != written and asked not in self._late()):
            record, problems = self.read(asked)
            self.fill(record)
            self._link.put(asked or None)
            self._replaced.put(())
            self._found.put(Found((*wrong, *problems)))
        elif wrong:
            self._found.put(Found(tuple(wrong)))

    def mirror(self, record: T) -> None:
        """Writes the record into the address, which keeps the other forms' parameters and loses unknown ones."""
        query, found, written = self.write(record), self._found.get(), self._link.get()
        if written not in (None, query):
            self._replaced.put((*self._replaced.get()[-9:], (time.monotonic(), written)))
        self._link.put(query)
        if found.address is None:
            self._found.put(Found(found.problems, query))
        now = dict(st.query_params)
        kept = {name: value for name, value in now.items() if name in (*self.beside, link.PRESENT) or name in query}
        if now != kept | query:
            st.query_params.from_dict(kept | query)

    def open(self, record: T) -> None:
        """Goes to the address of a record, also one that was replaced a moment ago, and draws the page again.

        A link of a page to itself would leave the browser's address as it is.
        """
        self._replaced.put(())
        kept = {name: value for name, value in st.query_params.items() if name == link.PRESENT}
        st.query_params.from_dict(kept | self.write(record))
        st.rerun()

    def _late(self) -> list[Query]:
        now = time.monotonic()
        return [query for moment, query in self._replaced.get() if now - moment < LATE]

    def problems(self, record: T | None = None) -> list[Problem]:
        """What was wrong with the link that the view came from, until the form comes to something else.

        ``record`` is what the form comes to now, where it has not been mirrored yet.
        """
        found = self._found.get()
        now = self._link.get() if record is None else self.write(record)
        return list(found.problems) if found.address in (None, now) else []
