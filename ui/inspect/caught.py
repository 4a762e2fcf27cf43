"""Below the seat: who is caught by which attack at the same rate of false alarms, and the table of all samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from engine.registry import get
from ui.common import words
from ui.inspect.overlap import circles, draw

if TYPE_CHECKING:
    from pandas import DataFrame

    from engine.evaluation.roc import Overlap, Sides
    from engine.runs.exposure import Exposure, When

RATES = {0.01: "1%", 0.05: "5%", 0.1: "10%"}
MOST_CIRCLES = 3


def show(exposure: Exposure, when: When) -> None:
    """The overlap of the attacks, and in a drawer the table of all samples."""
    from engine.evaluation.roc import overlap
    from engine.runs.exposure import possible, sides

    st.header("Who is caught by which attack?")
    rate = st.segmented_control("False alarms allowed", list(RATES), format_func=RATES.__getitem__, default=0.01,
                                required=True, key="exposed.rate")
    scored = {attack.name: sides(exposure, when, attack) for attack in possible(exposure, when)}
    found, unseen = overlap(scored, rate), words.never_seen(exposure.run.spec)
    st.caption(f"At this rate, about {rate * found.total:,.1f} of {found.total:,} forget samples are caught by chance.")
    picture, table = st.columns([2, 3], gap="large", vertical_alignment="center")
    few = 1 < len(found.attacks) <= MOST_CIRCLES
    if few:
        with picture:
            draw(circles(found, {name: _title(name) for name in found.attacks}), "exposed.overlap")
    with table if few else st.container():
        _combinations(found, unseen)
    with st.expander("Per sample: caught by whom?", icon=":material/table_rows:"):
        st.dataframe(_samples(exposure, when, scored, rate), hide_index=True, width="stretch")


def _title(name: str) -> str:
    return get("attack", name).label


def _combinations(found: Overlap, unseen: str) -> None:
    """Every combination of attacks with how many it catches, and as often among samples that nobody trained on."""
    ordered = sorted(set(found.members) | set(found.nonmembers), key=lambda one: (-found.members.get(one, 0), one))
    most = max([1, *found.members.values()])
    rows = [{"Caught by": " and ".join(map(_title, one)) + ("" if len(one) == len(found.attacks) else " alone"
             if len(one) == 1 else " only"),
             "Forget samples": found.members.get(one, 0),
             "Share": 100 * found.members.get(one, 0) / found.total,
             f"Among {unseen} samples": 100 * found.nonmembers.get(one, 0) / found.total_nonmembers}
            for one in ordered[:15]]
    percent = st.column_config.NumberColumn(format="%.1f%%")
    bar = st.column_config.ProgressColumn(format="%d", max_value=most)
    if rows:
        st.dataframe(rows, hide_index=True, width="stretch", column_config={
            "Forget samples": bar, "Share": percent, f"Among {unseen} samples": percent})
    else:
        st.caption("No attack catches anybody at this rate of false alarms.")
    if len(found.attacks) > 1:
        st.caption(f"All attacks catch {found.by_all:,} of {found.total:,} forget samples; attacks that have nothing "
                   f"to do with one another would catch {found.by_all_expected:.1f} together. A share that is as large "
                   f"among {unseen} samples is false alarm, not a leak.")


def _samples(exposure: Exposure, when: When, scored: Mapping[str, Sides], rate: float) -> DataFrame:
    """A row a sample: its set and number, loss, and which attacks catch it."""
    import pandas as pd

    from engine.evaluation.roc import few_false_alarms

    view, parts = exposure.views[when], []
    for name, rows, side in (("forget", view.forget, "members"), (exposure.nonmembers, view.unseen, "nonmembers")):
        hits = {_title(attack): getattr(one, side) > few_false_alarms(one, rate) for attack, one in scored.items()}
        part = pd.DataFrame({"set": name, "sample": rows["sample"], "loss (nats)": rows["loss"],
                             "right": rows["correct"].astype(bool), **hits})
        parts.append(part.assign(**{"share of attacks": part[list(hits)].mean(axis=1)}))
    return pd.concat(parts).sort_values(["share of attacks", "loss (nats)"], ascending=[False, True])
