"""What a server prepares once; under AppTest, which has none, nothing is."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.runtime import Runtime

from engine.system.singleton import singleton


def once(name: str, prepare: Callable[[Runtime], bool]) -> None:
    """Prepares it in this process if a server runs in it; AppTest's runtime is of another kind."""
    runtime = Runtime.instance() if Runtime.exists() else None
    if type(runtime) is Runtime:
        singleton(name, "this process", lambda: prepare(runtime))
