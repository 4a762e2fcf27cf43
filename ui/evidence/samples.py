"""One method from near: how exposed each sample is, who is most exposed, and how far KLoM is from its null line."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from engine.errors import LabError
from engine.evaluation.ensembles.memorisation import Scores
from engine.studies import ensemble_samples as people
from engine.studies.ensemble_answer import null_of
from engine.studies.ensemble_shelves import AtHand
from engine.studies.ensemble_views import Evidence, Findings
from engine.system.shown import is_picture
from ui.charts.colours import FORGET, RETAIN, TEST, method_colour
from ui.common.pictures import data_uri
from ui.compare.race import short_title
from ui.evidence import charts, drawn

SHOWN = 24
SETS = {"forget": FORGET, "retain": RETAIN, "never seen": TEST}


def show(at_hand: AtHand, found: Findings, row: Evidence, memorised: Scores | None) -> None:
    """Both charts side by side, then the most exposed samples."""
    left, right = st.columns(2, gap="medium")
    with left:
        _areas(row)
    with right:
        _klom(at_hand, found, row)
    _exposed(at_hand, row, memorised)


def _areas(row: Evidence) -> None:
    st.markdown("#### How exposed each sample is")
    if row.ulira is None:
        st.info(" ".join(row.problems) or "It was not attacked.", icon=":material/info:")
        return
    drawn.show(charts.areas([float(one) for one in row.ulira.per_sample if np.isfinite(one)], row.ulira.null_sd,
                            method_colour(row.name)), "evidence-areas")
    st.caption(f"Dashed: what chance alone gives with {row.ulira.models:.0f} models a side. A single sample inside it "
               "is not safe, and one outside it may be luck.")


def _klom(at_hand: AtHand, found: Findings, row: Evidence) -> None:
    st.markdown("#### How far from retrained models (KLoM)")
    if row.broken and row.klom is None:
        st.info(" ".join(row.problems), icon=":material/info:")
        return
    null = null_of(found, row)
    try:
        sets = people.klom_by_set(at_hand.shelf, at_hand.design, row.name)
    except LabError as error:
        st.info(str(error), icon=":material/info:")
        return
    if null is None:
        st.info("Too few retrained models for a null line.", icon=":material/info:")
        return
    drawn.show(charts.shares({name: (one.values.tolist(), SETS[name]) for name, one in sets.items()},
                             null.values.tolist()), "evidence-klom")
    st.caption("The same samples where they were forgotten, kept and never seen. Dashed: retrained models against "
               "others; a curve on it is as near as retraining comes.")


def _exposed(at_hand: AtHand, row: Evidence, memorised: Scores | None) -> None:
    st.markdown("#### Who is most exposed")
    chosen = people.most_exposed(row, SHOWN)
    if not chosen or row.ulira is None:
        st.caption("No sample was attacked.")
        return
    numbers = people.sample_numbers(at_hand.design)[chosen].tolist()
    shown = looked_up(at_hand, numbers)
    if shown is None:
        return
    st.dataframe([line_of(one, float(row.ulira.per_sample[place]), memorised) for place, one in
                  zip(chosen, shown, strict=True)], hide_index=True, width="stretch", key="evidence.exposed",
                 column_config=columns_of(shown))
    changed = sum(one.changed for one in shown)
    mislabelled = f" {changed} of them have a label that was changed on purpose." if changed else ""
    st.caption(f"The {len(shown)} samples that {short_title(row.name)} hides worst.{mislabelled} With "
               f"{row.ulira.models:.0f} models a side the order is noisy.")


def looked_up(at_hand: AtHand, numbers: list[int]) -> list[people.Shown] | None:
    """The samples as people see them; None, with the reason on the page, where the data are not here."""
    if at_hand.design.base.dataset.available() is None:
        st.caption("The samples themselves are not on this machine: load the data set once to see them.")
        return None
    try:
        with st.spinner("Loading the samples …"):
            return people.shown_of(at_hand.design, numbers)
    except LabError as error:
        st.info(str(error), icon=":material/info:")
        return None


def line_of(one: people.Shown, area: float | None, memorised: Scores | None) -> dict[str, Any]:
    seen = {"Sample": data_uri(one.shown["picture"])} if is_picture(one.shown) else {"Sample": one.shown.get("text")}
    line: dict[str, Any] = {**seen, "Number": one.sample, "Label": one.label}
    if one.truth is not None:
        line["Truly"] = one.truth
    if area is not None:
        line["Area"] = area
    if memorised is not None:
        line["Memorisation"] = float(memorised.correctness.score[one.sample])
    return line


def columns_of(shown: list[people.Shown]) -> dict[str, Any]:
    picture = bool(shown) and is_picture(shown[0].shown)
    columns: dict[str, Any] = {
        "Area": st.column_config.NumberColumn(format="%.2f", help="How well the attacker recognises this sample: 0.5 "
                                                                  "is a coin toss, 1 never wrong."),
        "Truly": st.column_config.TextColumn(help="The true class; another than the label where the label was changed "
                                                  "on purpose."),
        "Memorisation": st.column_config.NumberColumn(format="%.2f", help="Models that give this sample its "
                                                                          "training label: those trained on it minus "
                                                                          "those that were not.")}
    return columns | ({"Sample": st.column_config.ImageColumn(width="small")} if picture else {})
