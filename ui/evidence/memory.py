"""Memorisation on the Evidence page: the scores, who leads them, and how the attack fares by stratum."""

from __future__ import annotations

import numpy as np
import streamlit as st

from engine.errors import LabError
from engine.evaluation.ensembles.memorisation import Scores
from engine.studies import ensemble_samples as people
from engine.studies.ensemble_shelves import AtHand
from engine.studies.ensemble_views import Findings
from ui.charts.colours import FORGET, TEST
from ui.common.said import plain
from ui.evidence import charts, drawn
from ui.evidence.samples import columns_of, line_of, looked_up
from ui.evidence.table import title_of

SHOWN = 24
ABOUT = ("A sample is memorised where models trained on it are right more often than models without it: 1 means right "
         "only because it was in the data (Feldman and Zhang 2020).")


def show(at_hand: AtHand, found: Findings, memorised: Scores) -> None:
    """Histogram and leaders, then the strata."""
    st.caption(ABOUT)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("#### How many are memorised")
        changed = changed_of(at_hand)
        score = memorised.correctness.score
        drawn.show(charts.scores(score.tolist(), None if changed is None else changed.tolist(), (TEST, FORGET)),
                   "evidence-memory")
        st.caption(f"From {memorised.models} models: a score is known to about "
                   f"±{1.96 * float(np.mean(memorised.correctness.error)):.2f}.")
        if changed is not None:
            st.markdown(leaders(score, changed))
    with right:
        st.markdown("#### Who is memorised most")
        _most(at_hand, memorised)
    _strata(at_hand, found, memorised)


def leaders(score: np.ndarray, changed: np.ndarray) -> str:
    """Whether changed labels lead, in a sentence.

    Examples
    --------
    >>> leaders(np.array([1.0, 0.2, 0.9, 0.0]), np.array([True, False, True, False]))
    'Labels that were changed on purpose lead: 2 of the 2 most memorised samples, though only 50.0% of all.'
    """
    count = int(changed.sum())
    first = int(changed[np.argsort(-score, kind="stable")[:count]].sum())
    verb = "lead" if first > count / 2 else "do not lead"
    return (f"Labels that were changed on purpose {verb}: {first:,} of the {count:,} most memorised samples, though "
            f"only {100 * float(changed.mean()):.1f}% of all.")


def changed_of(at_hand: AtHand) -> np.ndarray | None:
    """Whose label was changed on purpose; None where that is not known here."""
    if at_hand.design.base.dataset.available() is None:
        return None
    try:
        return people.changed_labels(at_hand.design)
    except LabError:
        return None  # the list of samples gives the reason


def _most(at_hand: AtHand, memorised: Scores) -> None:
    score = memorised.correctness.score
    shown = looked_up(at_hand, np.argsort(-score, kind="stable")[:SHOWN].tolist())
    if shown:
        lines = [line_of(one, None, memorised) for one in shown]
        st.dataframe(lines, hide_index=True, width="stretch", height=330, key="evidence.memorised",
                     column_config=columns_of(shown))


def _strata(at_hand: AtHand, found: Findings, memorised: Scores) -> None:
    st.markdown("#### The per-example attack by memorisation")
    numbers = people.sample_numbers(at_hand.design)
    try:
        strata = people.strata(memorised.probability.score[numbers])
    except LabError as error:
        st.info(plain(error), icon=":material/info:")
        return
    areas, halves = people.area_by_stratum(found, strata), people.half_by_stratum(found, strata)
    heads = {name: f"{name.capitalize()} ({len(places)})" for name, places in strata.items()}
    rows = [{"Method": title_of(name), **{heads[stratum]: f"{area:.3f} ± {halves[name][stratum]:.3f}"
                                          for stratum, area in by.items()}}
            for name, by in areas.items()]
    st.table(rows, hide_index=True)
    st.caption("Mean area with its 95% interval over samples: the least memorised, those nearest to one half and the "
               "most memorised; a coin toss is 0.500. Low is the control: there retraining changes almost "
               "nothing. Scores from the same Originals make the highest stratum look a little worse than it is.")
