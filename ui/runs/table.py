"""The table of all runs, and what can be done with the selected ones."""

from __future__ import annotations

import hashlib
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.evaluation.measured import UNMEASURED
from engine.evaluation.metrics import headlines, metric_of
from engine.evaluation.verdict import verdict_of
from engine.registry import all_of
from engine.runs.queue import manager
from engine.runs.records import Run, outdated
from engine.system.words import plural
from engine.types import ENDED
from ui.common import words
from ui.compare.race import short_title
from ui.frame import shell


def _columns() -> dict[str, Any]:
    """How each column is shown; of the attacks the first headline one."""
    attack = headlines()[0]
    return {  # in the order and with the widths in pixels that fit beside the sidebar of a window 1440 wide
        "status": st.column_config.TextColumn("status", width=82),
        "method": st.column_config.TextColumn("method", width=108),
        "data": st.column_config.TextColumn("data", width=88),
        "forget": st.column_config.TextColumn("forget", width=122,
                                              help="A share of the training set, or a class."),
        **{name: st.column_config.NumberColumn(name, format="%.3f", width=52, help=said)
           for name, said in _knobs().items()},
        "seed": st.column_config.NumberColumn("seed", format="%d", width=46),
        "attack": st.column_config.NumberColumn(attack.label, format="%.1f%%", width=80,
                                                help=f"{metric_of(attack.name).title}, accuracy: 50% is a coin toss."),
        "kept": st.column_config.NumberColumn("forget acc.", format="%.1f%%", width=78,
                                              help="Forget accuracy: the ideal is the "
                                                   "retrained model's; 0 for a forgotten class."),
        "test": st.column_config.NumberColumn("test acc.", format="%.1f%%", width=70,
                                              help="Test accuracy; excludes a forgotten class."),
        "took": st.column_config.TextColumn("took", width=76, alignment="right",
                                            help="Training time of the method alone."),
        "when": st.column_config.DatetimeColumn("when", format="YYYY-MM-DD HH:mm", width=118),
        "remarks": st.column_config.TextColumn("remarks", width=106,
                                               help="Shows whether the model is damaged or "
                                                    "over-forgotten, which settings differ from their defaults, and "
                                                    "why a run ended early."),
    }


def _knobs() -> dict[str, str]:
    """The hyperparameters that have a column of their own, with their help."""
    return {method.knob.name: f"{short_title(method.name)}: {method.knob.help}"
            for method in all_of("method") if method.knob}


def show() -> None:
    """The table with its filter and the actions."""
    jobs = manager()
    wanted = st.text_input("Filter", key="filter", icon=":material/search:", persist_state="session",
                           placeholder="any words: a method, a data set, a status, a run's id",
                           label_visibility="collapsed")
    rows = [row for row in map(_row, jobs.store.list(newest_first=True)) if _matches(row, wanted)]
    if not rows:
        st.info("No run matches these words." if wanted else
                "No runs yet. Start one on the page **Unlearn**, or press the button on the page **Start**.",
                icon=":material/info:")
        return
    columns = _columns()
    chosen = st.dataframe(rows, hide_index=True, width="stretch", key=f"runs-{_order(rows)}", on_select="rerun",
                          selection_mode="multi-row", column_config=columns, column_order=list(columns),
                          placeholder="").selection.rows
    picked = [rows[index] for index in chosen if index < len(rows)]
    st.caption(f"{len(rows):,} {plural(len(rows), 'run')}. Tick a row at its left edge to open, repeat or "
               "delete it.")
    if picked:
        _actions(jobs, picked)


def _order(rows: list[dict[str, Any]]) -> str:
    """Ticks belong to runs, not to row numbers: another list of runs is another table, with nothing ticked."""
    return hashlib.sha256(" ".join(row["run"] for row in rows).encode()).hexdigest()[:12]


def _row(run: Run) -> dict[str, Any]:
    import datetime

    spec, metrics = run.spec, run.metrics or UNMEASURED
    attack, found = metrics.get(headlines()[0].name), verdict_of(run)
    doubts = ["Damaged"] * found.damaged + ["Over-forgotten"] * bool(found.over_forgotten) if found else []
    remarks = [*doubts, "Earlier version" * bool(outdated(run)), ", ".join(words.changes(run)),
               run.reason or run.notice or ""]
    return {"run": run.id, "status": run.status, "title": words.title_of("method", spec.method),
            "method": short_title(spec.method), "data": words.title_of("dataset", spec.dataset),
            "forget": words.forgotten(spec), **_knob_values(run), "seed": spec.seed,
            "profile": spec.profile, "attack": attack, "kept": metrics.get("forget_accuracy"),
            "test": metrics.get("test_accuracy"), "took": run.seconds and words.seconds(run.seconds),
            "when": datetime.datetime.fromtimestamp(run.created or 0.0), "remarks": ". ".join(filter(None, remarks))}


def _knob_values(run: Run) -> dict[str, Any]:
    """The columns of these hyperparameters; empty but for that of the run's own method."""
    own, value = words.knob_of(run)
    return {name: value if name == own else None for name in _knobs()}


def _matches(row: dict[str, Any], wanted: str) -> bool:
    text = " ".join(str(value).lower() for value in row.values()) + f" seed {row['seed']}"
    return all(word in text for word in wanted.lower().split())


def _actions(jobs: Any, picked: list[dict[str, Any]]) -> None:
    open_, again, stop, delete, _ = st.columns([1, 1, 1, 1, 3])
    ids = [row["run"] for row in picked]
    if open_.button("Open", icon=":material/open_in_new:", disabled=len(ids) != 1, width="stretch", key="open"):
        st.switch_page(shell.UNLEARN, query_params={"run": ids[0]})
    if again.button("Run again", icon=":material/replay:", width="stretch", key="again"):
        for run_id in ids:
            jobs.rerun(run_id)
        st.rerun()
    active = [row["run"] for row in picked if row["status"] not in ENDED]
    if stop.button("Stop", icon=":material/stop:", width="stretch", disabled=not active, key="stop"):
        for run_id in active:
            jobs.cancel(run_id)
        st.rerun()
    if delete.button("Delete", icon=":material/delete:", width="stretch", disabled=bool(active), key="delete"):
        _confirm(jobs, picked)


@st.dialog("Delete for good?")
def _confirm(jobs: Any, picked: list[dict[str, Any]]) -> None:
    st.write(f"{len(picked)} {plural(len(picked), 'run')} with all measurements and per-sample losses:")
    st.write("\n".join(f"- {row['run']}: {row['title']} on {row['data']}, {row['status']}" for row in picked[:10]))
    if st.button("Delete", type="primary", icon=":material/delete:", key="confirm-delete"):
        for row in picked:
            try:
                jobs.store.delete(row["run"])
            except (LabError, ValueError) as error:
                st.error(str(error))
                return
        st.rerun()
