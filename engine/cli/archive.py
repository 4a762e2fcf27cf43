"""``python -m engine archive export | import | excerpt``: runs as one portable file, and a few of their samples."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from engine.cli.terminal import ProgressLine
from engine.errors import BadInput, UnknownRun
from engine.registry import get, unknown
from engine.runs.archive.transfer import MANY, SAMPLES, export_runs, import_runs, silent
from engine.runs.store import Store, open_store
from engine.system.words import plural
from engine.types import PROFILES


def add_parser(commands: Any) -> None:
    """Adds ``archive`` with its actions to the command line's commands."""
    archive = commands.add_parser("archive", help="export and import runs as one portable file")
    archive.set_defaults(work=command)
    actions = archive.add_subparsers(dest="action", required=True, metavar="export|import|excerpt",
                                     parser_class=type(archive))

    export = actions.add_parser("export", help="write finished runs into a file")
    export.add_argument("file", metavar="FILE", help="the archive to write; its name ends in .zip")
    export.add_argument("--runs", nargs="+", metavar="ID", help="export only these runs (default: every finished one)")
    export.add_argument("--dataset", help="export only runs on this data set")
    export.add_argument("--profile", help=f"export only runs of this profile: {' or '.join(PROFILES)}")
    export.add_argument("--samples", choices=SAMPLES, default="attacked",
                        help="include per-sample losses of the attacked sets (default), of all sets, or none")
    export.add_argument("--with-weights", action="store_true", help="include the weights of the runs that kept them")
    export.add_argument("--force", action="store_true", help="replace FILE if it exists")
    export.add_argument("--json", action="store_true", help="print one JSON object on stdout")

    importing = actions.add_parser("import", help="import the new runs of a file, all or none")
    importing.add_argument("file", metavar="FILE", help="an archive written by export")
    importing.add_argument("--json", action="store_true", help="print one JSON object on stdout")

    excerpt = actions.add_parser("excerpt", help="write a few samples of the recorded runs")
    excerpt.add_argument("file", metavar="FILE", help="the excerpt to write; its name ends in .zip")
    excerpt.add_argument("--dataset", required=True, help="of which data set; it has to be on this machine")
    excerpt.add_argument("--force", action="store_true", help="replace FILE if it exists")
    excerpt.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def command(options: Namespace) -> tuple[Any, int]:
    """Carries the action out; returns what was done as a dictionary (with ``--json``) or as text."""
    work = {"export": _export, "import": _import, "excerpt": _excerpt}[options.action]
    result, text = work(options, open_store())
    return result if options.json else text, 0


def _export(options: Namespace, store: Store) -> tuple[dict[str, Any], str]:
    ids = _chosen(options, store)
    line = ProgressLine()
    done = export_runs(Path(options.file), ids, store, options.samples, options.force, options.with_weights,
                       line if len(ids) > MANY else silent)
    line.end()
    kept = f", {done['with_weights']} with weights" if options.with_weights else ""
    return done, (f"{_count(len(ids))} in {done['path']} ({done['bytes'] / 1000:,.0f} kB), "
                  f"{done['with_samples']} with per-sample losses{kept}.")


def _chosen(options: Namespace, store: Store) -> list[str]:
    """The ids to export; raises BadInput for names that are none and where nothing is left."""
    if options.dataset is not None:
        get("dataset", options.dataset)
    if options.profile is not None and options.profile not in PROFILES:
        raise BadInput(unknown("profile", options.profile, PROFILES))
    found = {run.id: run for run in store.list()}
    if absent := [run_id for run_id in options.runs or () if run_id not in found]:
        names = ", ".join(map(repr, absent))
        raise UnknownRun(f"There is no run {names} in {store.root}.")
    runs = ([found[run_id] for run_id in options.runs] if options.runs
            else [run for run in found.values() if run.finished])
    wanted = {name: value for name in ("dataset", "profile") if (value := getattr(options, name)) is not None}
    ids = [run.id for run in runs if all(getattr(run.spec, name) == value for name, value in wanted.items())]
    if not ids:
        which = " and ".join(f"{name} {value}" for name, value in wanted.items())
        if options.runs:
            raise BadInput(f"Nothing to export: none of the named runs has {which}.")
        raise BadInput(f"Nothing to export: no finished run{f' with {which}' if which else ''} is in "
                       f"{store.root}.")
    return ids


def _import(options: Namespace, store: Store) -> tuple[dict[str, Any], str]:
    done = import_runs(Path(options.file), store)
    lines = [f"{_count(len(done['imported']))} imported, {len(done['already_there'])} already there, "
             f"{len(done['skipped'])} skipped."]
    lines += done.get("datasets", {}).values()
    return done, "\n".join(lines + [f"  {run_id}: {reason}" for run_id, reason in done["skipped"].items()])


def _excerpt(options: Namespace, store: Store) -> tuple[dict[str, Any], str]:
    from engine.originals.checkpoints import open_checkpoints
    from engine.runs.excerpting import write_excerpt  # torch

    get("dataset", options.dataset)
    done = write_excerpt(Path(options.file), options.dataset, store, open_checkpoints(), options.force)
    lines = [f"{done['samples']:,} samples of {_count(len(done['runs']))} in {done['path']} "
             f"({done['bytes'] / 1000:,.0f} kB)."]
    if done["left_out"]:
        lines.append(f"Left out, for want of a table of their samples: {_count(len(done['left_out']))}.")
    return done, "\n".join(lines)


def _count(number: int) -> str:
    return f"{number} {plural(number, 'run')}"
