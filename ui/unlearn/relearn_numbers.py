"""Relearning in numbers: at each rate, and by step."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.studies.relearn_numbers import TITLES, WHO, Numbers, Relearned
from ui.common.said import plain

HELP = ("**Recovered**: (unlearned - retrained) / (Original - retrained) at the end; 0% is right. **Above retrained**: "
        "the mean distance over all steps, with its range over the orders of the batches; what is attainable is that "
        "of a second retrained model. **Steps to half**: the first step with half of the distance recovered, beyond "
        "two standard errors. A dash: never.")
BLIND = "What these steps at these rates do not bring back may still be there."


def show(kept: dict[int, Relearned]) -> None:
    """The tables, and what to know when reading them."""
    first = next(iter(kept.values()))
    with st.expander("Relearning in numbers", icon=":material/table_rows:"):
        st.table([row for count, found in kept.items() for row in by_rate(found, count)], hide_index=True)
        st.caption(HELP)
        for count, found in kept.items():
            st.markdown(f"**By step, {_shown(count)}, at the worst rate** (accuracy on the {found.held_back:,} "
                        "forgotten samples held back)")
            st.table(by_step(found, count), hide_index=True)
    for sentence in dict.fromkeys((*first.notices, *first.left_out.values(), BLIND)):
        st.caption(plain(sentence))


def by_rate(found: Relearned, count: int) -> list[dict[str, str]]:
    """A row for each rate; the worst one says so."""
    worst = found.worst(count)
    return [{"forgotten shown": f"{count:,}", "rate": f"{rate:g}{', worst' if worst and worst.rate == rate else ''}",
             **_cells(found.numbers(rate, count))} for rate in found.rates]


def _cells(one: Numbers) -> dict[str, str]:
    low, high = min(one.aurc_seeds), max(one.aurc_seeds)
    last = one.recovery[-1]
    return {"recovered": "cannot tell" if last is None else f"{100 * last:.0f}%",
            "above retrained": f"{one.aurc:+.1f} points ({low:+.1f} to {high:+.1f})",
            "attainable": "–" if one.attainable is None else f"{one.attainable:+.1f} points",
            "steps to half": "–" if one.half is None else f"{one.half:,}",
            "steps back to retrained": "–" if one.back is None else f"{one.back:,}"}


def by_step(found: Relearned, count: int) -> list[dict[str, Any]]:
    """A row for each model at the worst rate: its accuracy after so many steps."""
    worst = found.worst(count)
    if worst is None:
        return []
    return [{"model": TITLES[who], **{f"{step:,}": f"{value:.1f}%" for step, value in
                                      zip(found.settings.steps, curve, strict=False)}}
            for who in WHO if (curve := found.curve(who, worst.rate, count))]


def _shown(count: int) -> str:
    return "retain data alone" if not count else f"{count:,} forgotten samples shown"
