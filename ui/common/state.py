"""What a session keeps, by name: every key and its first value stand in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

T = TypeVar("T")


@dataclass(frozen=True)
class Slot(Generic[T]):
    """One value of the session under ``key``, also a widget's, by the widget's own key.

    ``first`` holds until it is set; all sessions share it, so it is never changed in place.
    """

    key: str
    first: T

    def get(self) -> T:
        value: T = st.session_state.get(self.key, self.first)
        return value

    def given(self, name: str) -> dict[str, Any]:
        """The argument ``name`` of a widget with this key: Streamlit wants it only until the session has a value."""
        return {} if self.key in st.session_state else {name: self.first}

    def put(self, value: T) -> None:
        st.session_state[self.key] = value
