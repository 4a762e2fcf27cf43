"""Robustness, its second map: which methods correct manipulated samples, by the share of them that was found.

The numbers are the study of ``python -m engine correct``; where nothing was computed here those that ship stand in.
"""

from __future__ import annotations

import json

import streamlit as st

from engine.evaluation.metrics import metric_title
from engine.runs.queue import manager
from engine.studies.comparison import Runs
from engine.studies.correction import Row, rows_of, runs_of, summary
from engine.studies.correction_kept import with_shipped
from engine.studies.correction_table import answer, map_of, to_markdown
from engine.studies.repeat import correct_command
from engine.system.words import numbered
from ui.charts import robustness as charts
from ui.common import address as link
from ui.common import take_away
from ui.common.live_chart import live_chart
from ui.common.said import plain
from ui.common.state import Slot
from ui.common.take_away import Export
from ui.frame import drawer, shell
from ui.robustness import found_form, found_link, found_map
from ui.robustness.found_link import Asked
from ui.robustness.found_map import FoundMap

EVERY = 1.0  # seconds between two looks at the runs
CHOSEN: Slot[tuple[str, float] | None] = Slot("robustness.found.chosen", None)
NOTHING = "No run of this study exists yet. Press **Run study**, and the cells fill in one by one."


def asked_for() -> bool:
    """Whether the address asks for this map."""
    return st.query_params.get(found_link.MAP) == found_link.FOUND


def offer() -> None:
    """The preset's button on the form of the other map."""
    if st.button("Methods by share found", key="robustness.preset.found", width="content",
                 help="Which methods undo what manipulated samples did, by the share of them that was found: "
                      "recorded for the digits."):
        found_form.FORM.open(found_link.usual())


def show() -> bool:
    """Form and view, side by side; whether the other map was asked for."""
    settings, view = st.columns([2, 7], gap="medium")
    with settings.container(key="settings"):
        back = st.button("Back to the grids", icon=":material/arrow_back:", key="robustness.found.back")
        asked, problems = found_form.form()
    runs = runs_of(asked.study, manager().store) if asked else []
    active = _active(runs)
    with view.container(key="view"):
        link.warn(found_form.FORM.problems())
        for sentence in problems:
            st.error(plain(sentence), icon=":material/error:")
        if asked:
            asked = found_form.with_measure(asked, found_map.shown(_rows(asked, runs)[0], found_link.DECISIVE))
            st.fragment(_look, run_every=EVERY if active else None)(asked, active)
    drawer.button()
    with settings, st.container(key="sweep-start"):
        shell.in_words(lambda: found_form.start(asked.study if asked else None, *_rows(asked, runs)))
    return back


def _rows(asked: Asked | None, runs: list[Runs]) -> tuple[list[Row], bool]:
    """What is known of the study, and whether numbers that ship are among it."""
    return with_shipped(asked.study, rows_of(asked.study, runs)) if asked else ([], False)


def _active(runs: list[Runs]) -> bool:
    return any(run.status in ("queued", "running") for those in runs for run in those.values())


def _look(asked: Asked, was_active: bool) -> None:
    shell.in_words(lambda: _view(asked, was_active))


def _view(asked: Asked, was_active: bool) -> None:
    study = asked.study
    runs = runs_of(study, manager().store)
    if was_active and not _active(runs):
        st.rerun()
    rows, _ = _rows(asked, runs)
    st.caption(f"{summary(study)}. Mean over {numbered('seed', study.seeds)}.")
    if sentence := answer(study, rows):
        st.markdown(f"## {sentence}")
    elif not was_active:
        st.info(NOTHING, icon=":material/grid_on:")
        return
    _failed(runs)
    drawn = FoundMap(study, tuple(rows), asked.measure)
    _map(drawn, asked)
    _below(drawn, runs)
    _take_away(drawn, asked)


def _failed(runs: list[Runs]) -> None:
    failed = [run for those in runs for run in those.values() if run.status == "failed"]
    if failed:
        st.error(f"{len(failed):,} of the runs failed, the first: {plain(failed[0].reason)}", icon=":material/error:")


def _map(drawn: FoundMap, asked: Asked) -> None:
    chosen = _chosen(drawn)
    figure = charts.plot_heatmap(drawn.columns, drawn.lines, drawn.values(), drawn.excess(), drawn.said(),
                                 ("Share found", ""), drawn.title(), drawn.subtitle(), drawn.marks(chosen),
                                 found_map.SCALE, found_map.OUTSIDE)
    figure.update_layout(margin={"l": 10}).update_yaxes(automargin=True)  # names of methods need their room
    click = live_chart(figure, "robustness-found", height=charts.height(len(drawn.lines)),
                       revision="|".join(found_link.to_query(asked).values()))
    if click and isinstance(click.get("x"), int | float) and isinstance(click.get("y"), int | float):
        at = (round(click["x"]), round(click["y"]))
        if at != chosen and at[0] < len(drawn.columns) and at[1] < len(drawn.lines):
            CHOSEN.put((drawn.asked.methods[at[1]], drawn.asked.found[at[0]]))
            st.rerun(scope="fragment")


def _chosen(drawn: FoundMap) -> tuple[int, int] | None:
    """The square that was clicked as column and row, where this map has it."""
    place = CHOSEN.get()
    if place is None or place[0] not in drawn.asked.methods or place[1] not in drawn.asked.found:
        return None
    return drawn.asked.found.index(place[1]), drawn.asked.methods.index(place[0])


def _below(drawn: FoundMap, runs: list[Runs]) -> None:
    """The seeds of the chosen square, and the map as a table."""
    measures = found_map.shown(drawn.rows, found_link.DECISIVE)
    if (spot := _chosen(drawn)) and (row := drawn.at(*spot)):
        st.markdown(f"### {plain(drawn.lines[spot[1]])}, {plain(drawn.columns[spot[0]])} found")
        st.table([line | _run_of(row, line, drawn, runs, spot) for line in found_map.by_seed(row, measures)])
    else:
        st.caption(":material/ads_click: Click a cell to see its seeds.")
    with st.expander("The maps as tables", icon=":material/table:"):
        for name in measures:
            st.markdown(f"**{metric_title(name)}**\n\n{map_of(drawn.asked, drawn.rows, name)}")


def _run_of(row: Row, line: dict[str, str], drawn: FoundMap, runs: list[Runs], spot: tuple[int, int]) -> dict[str, str]:
    """The way to a seed's run; numbers that ship have none."""
    run = runs[1 + spot[0]].get((drawn.asked.methods[spot[1]], int(line["seed"]))) if row.runs else None
    return {"run": f"[open](unlearn?run={run.id})" if run else "ships as numbers"}


def _take_away(drawn: FoundMap, asked: Asked) -> None:
    study, rows = drawn.asked, drawn.rows
    st.caption("The same on the command line:")
    st.code(correct_command(study), language="sh", wrap_lines=True)
    take_away.show("robustness", f"correct-{study.dataset}", [
        Export("Markdown, all measures", "md", "text/markdown", lambda: to_markdown(study, rows),
               "The maps and every number, as correct --markdown prints them."),
        Export("JSON, every number", "json", "application/json",
               lambda: json.dumps({"what": summary(study), "rows": [row.to_json() for row in rows]}),
               "Each measure by seed, as correct --json prints them.")],
        "To save the map as a picture, use the camera in its corner.", found_link.to_query(asked))
