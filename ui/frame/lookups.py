"""A widget that looks up its own value does not copy what the whole session keeps.

Number boxes, choices, sliders and text boxes of Streamlit 1.67 ask for a copy of the session's state, in which
components are built anew, to look up one key: a quarter of what a rerun of the form takes. They get the same mapping,
which looks up what it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streamlit.runtime import Runtime
from streamlit.runtime.state.common import is_element_id
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import _is_internal_key

from ui.frame.server import once

WHOLE: property = SafeSessionState.filtered_state  # type: ignore[assignment]


class Lookups(Mapping[str, Any]):
    """What :attr:`SafeSessionState.filtered_state` holds; only what goes over all of it makes the copy."""

    def __init__(self, state: SafeSessionState) -> None:
        self._safe = state

    def __getitem__(self, key: str) -> Any:
        if not isinstance(key, str) or is_element_id(key) or _is_internal_key(key):
            raise KeyError(key)
        with self._safe._lock:
            return self._safe._state[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._copy())

    def __len__(self) -> int:
        return len(self._copy())

    def __repr__(self) -> str:
        return repr(self._copy())

    def _copy(self) -> dict[str, Any]:
        found: dict[str, Any] = WHOLE.fget(self._safe)  # type: ignore[misc]
        return found


def ensure_lookups() -> None:
    """Takes the place of the copy, once a process; not under AppTest."""
    once("lookups", _prepare)


def _prepare(_: Runtime) -> bool:
    SafeSessionState.filtered_state = property(Lookups)  # type: ignore[method-assign, assignment]
    return True
