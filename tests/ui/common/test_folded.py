"""What nobody looks at is not drawn, and not sent."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import streamlit as st

from ui.common.folded import folded


class Place(nullcontext):
    def __init__(self, is_open):
        super().__init__()
        self.open = is_open


@pytest.mark.parametrize("is_open, drawn", [(False, []), (True, ["chart"])])
def test_only_what_is_open_is_drawn_and_to_open_it_draws_it_alone(monkeypatch, is_open, drawn):
    alone, found = [], []
    monkeypatch.setattr(st, "fragment", lambda function: alone.append(function) or function)
    monkeypatch.setattr(st, "expander", lambda *_, **how: Place(is_open) if how["on_change"] == "rerun" else None)
    folded("Objective", ":material/show_chart:", "objective", lambda: found.append("chart"))
    assert found == drawn and len(alone) == 1
