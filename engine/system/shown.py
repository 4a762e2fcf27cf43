"""The two forms in which a kind of data shows its samples, pictures and texts; pages ask here which one they have.

Every kind shows itself in one of them (``engine.data.base.Pool.shown``), so that pages need not know the kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_text(shown: Mapping[str, Any]) -> bool:
    """Whether a sample, or what stands for it, is shown as a text and not as a picture."""
    return shown.get("text") is not None


def is_picture(shown: Mapping[str, Any]) -> bool:
    return shown.get("picture") is not None


def text_of(shown: Mapping[str, Any]) -> str:
    """The text of a sample; empty where it is shown as a picture, or not at hand."""
    return str(shown.get("text") or "")
