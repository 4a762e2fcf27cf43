"""Runs from and to an archive, through the engine's importer and exporter with all their checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from engine.errors import LabError
from engine.runs.archive.transfer import MANY, OnProgress, export_runs, import_runs, silent
from engine.runs.queue import Jobs, manager
from engine.runs.records import Run
from engine.runs.store import Store
from engine.system.files import work_folder
from engine.system.read_only import read_only
from engine.system.words import plural
from ui.common.said import plain
from ui.common.state import Slot

TOLD: Slot[tuple[str, str]] = Slot("runs.imported", ("", ""))  # kind and sentence about the last import
NOTHING: tuple[list[str], bytes] = ([], b"")
MADE = Slot("runs.archive", NOTHING)  # of so many runs that it takes seconds: which, and the archive of them
ROUND = Slot("runs.import.round", 0)  # another key empties the box


def importing() -> None:
    """The box for an archive, and what became of the last one; not in a lab that only shows."""
    if read_only():
        return
    with st.popover("Import", icon=":material/upload:"):
        file = st.file_uploader("An archive of runs", type="zip", key=f"runs-archive-{ROUND.get()}",
                                help="A file that the button Export of this page or `python -m engine archive export` "
                                     "wrote.")
        if st.button("Import the runs", key="runs-import", type="primary", disabled=file is None) and file:
            TOLD.put(take(file.name, file.getvalue(), manager().store))
            ROUND.put(ROUND.get() + 1)
            st.rerun()
        kind, said = TOLD.get()
        if said:
            (st.error if kind == "error" else st.success)(plain(said))


def take(name: str, content: bytes, store: Store) -> tuple[str, str]:
    """Imports an archive, all or nothing; the kind of sentence and the sentence."""
    with work_folder() as folder:
        path = folder / (Path(name).name or "runs.zip")
        path.write_bytes(content)
        try:
            done = import_runs(path, store)
        except LabError as error:
            return "error", str(error).replace(f"{folder}/", "")
    return "done", _told(done)


def _told(done: dict[str, Any]) -> str:
    new, there = len(done["imported"]), len(done["already_there"])
    parts = [f"{new} {plural(new, 'run')} imported", f"{there} already there"]
    skipped = [f"{run_id}: {why}" for run_id, why in done["skipped"].items()]
    more = [*skipped[:5], *done.get("datasets", {}).values()]
    return ", ".join([*parts, f"{len(skipped)} skipped"]) + "." + "".join(f" {one}" for one in more)


def exporting(jobs: Jobs, own: Sequence[Run], recorded: int) -> None:
    """The button that hands out an archive of the ended runs among ``own``."""
    ended = [run.id for run in own if run.has_ended]
    left = [f"{recorded} recorded {plural(recorded, 'run')}, which every copy of the app has"] if recorded else []
    left += [f"{len(own) - len(ended)} that {'has' if len(own) - len(ended) == 1 else 'have'} not ended"] * (
        len(ended) < len(own))
    how: dict[str, Any] = {"icon": ":material/download:", "key": "export", "disabled": not ended,
                           "help": "An archive with settings, measurements and per-sample losses of the attacked sets."
                                   + (f" Left out: {plain(', '.join(left))}." if left else "")}
    if len(ended) <= MANY:
        _download("Export", lambda: archive(ended, jobs.store), how)
    elif MADE.get()[0] == ended or (st.button("Export", **how) and _made(ended, jobs.store)):
        _download("Save the archive", lambda: MADE.get()[1], how | {"key": "export-save"})


def _made(ids: list[str], store: Store) -> bool:
    """Makes the archive of many runs while a bar says how far it is."""
    with st.empty():
        MADE.put((ids, archive(ids, store, _progress)))
        return True


def _download(label: str, content: Callable[[], bytes], how: Mapping[str, Any]) -> None:
    st.download_button(label, content, "runs.zip", "application/zip", on_click="ignore", **how)


def _progress(now: Mapping[str, Any]) -> None:
    st.progress(now["fraction"], text=plain(now["stage"]))


def archive(ids: Sequence[str], store: Store, on_progress: OnProgress = silent) -> bytes:
    """The bytes of an archive of these runs."""
    with work_folder() as folder:
        path = folder / "runs.zip"
        export_runs(path, ids, store, on_progress=on_progress)
        return path.read_bytes()
