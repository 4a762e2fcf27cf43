"""``python -m engine list`` and ``show``: what there is, and one run with everything that is known of it."""

from __future__ import annotations

import gc
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from engine.cli.options import Result, add_json
from engine.cli.text import run_line, run_text
from engine.errors import BadInput
from engine.own.folder import bad
from engine.registry import all_of, models_for
from engine.runs import afterwards, library
from engine.runs.records import described
from engine.runs.store import open_store
from engine.types import declared

LISTS = ("datasets", "models", "scenarios", "methods", "attacks", "runs")


def add_parser(commands: Any) -> None:
    """Adds both commands to the command line's parser."""
    listing = commands.add_parser("list", help="list the components of one kind, or the runs")
    listing.add_argument("kind", choices=LISTS)
    listing.add_argument("--recorded", action="store_true", help="with runs: include those that ship with the "
                                                                 "repository")
    add_json(listing, "array")
    listing.set_defaults(work=command_list)

    show = commands.add_parser("show", help="show one run with its settings, metrics and events")
    show.add_argument("run", metavar="RUN")
    show.add_argument("--samples", action="store_true", help="print the table of its samples as CSV instead: set, "
                      "number, loss, and the file and row that each came from")
    add_json(show, "object")
    show.set_defaults(work=command_show)


def command_list(options: Namespace) -> Result:
    """Records of one kind as a list of dictionaries."""
    if options.kind == "runs":
        with _uncollected():
            found = [described(run) for run in library.all_runs(open_store(), options.recorded)]
    else:
        found = {"datasets": _datasets, "models": _models, "methods": _methods, "attacks": _attacks,
                 "scenarios": _scenarios}[options.kind]()
    return found if options.json else "\n".join(map(_line, found)) or "None yet.", 0


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looks for garbage, of which a list of thousands of runs makes none: a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def command_show(options: Namespace) -> Result:
    """One run, one's own or a recorded one, with its times, settings and events; raises UnknownRun."""
    store = open_store()
    found = library.get(options.run, store)
    if options.samples:
        return _samples(found, options.json), 0
    result = described(afterwards.completed(found.run, store)) | {"events": found.events}
    return result if options.json else run_text(result), 0


def _samples(found: Any, as_json: bool) -> Any:
    """A run's per-sample table; where the data are here, with the places of the samples. Raises BadInput."""
    import torch

    from engine.originals.workbench import load_data
    from engine.runs.samples import table_of, with_places

    frame = table_of(found.run, found.samples())
    try:
        resolved = found.run.resolved()
        frame = with_places(frame, load_data(resolved.dataset, resolved.options, torch.device("cpu")))
    except BadInput as error:
        print(f"Without the places of the samples: {error}", file=sys.stderr)
    return frame.to_dict("records") if as_json else frame.to_csv(index=False).rstrip()


def _line(item: dict[str, Any]) -> str:
    return run_line(item) if "run_id" in item else f"{item['name']:<15} {item['summary']}"


def _datasets() -> list[dict[str, Any]]:
    for sentence in bad():  # of files that declare a person's own data
        print(sentence, file=sys.stderr)
    return [{"name": d.name, "title": d.title, "kind": d.kind, "classes": len(d.classes), "train": d.train_size,
             "heldout": d.heldout_size, "available": d.available(), "models": [m.name for m in models_for(d)],
             "options": {o.name: list(o.choices) for o in d.options}, "summary": d.summary, "source": d.source}
            for d in all_of("dataset")]


def _models() -> list[dict[str, Any]]:
    return [{"name": m.name, "title": m.title, "kind": m.kind, "summary": m.summary, "source": m.source}
            for m in all_of("model")]


def _methods() -> list[dict[str, Any]]:
    found = []
    for method in all_of("method"):
        found.append({"name": method.name, "title": method.title, "summary": method.summary,
                      "source": method.source, "parameters": _fields(method.parameters),
                      "profiles": {name: dict(values) for name, values in method.profiles.items()}})
    return found


def _scenarios() -> list[dict[str, Any]]:
    return [{"name": s.name, "title": s.title, "target": s.target, "compared_with": s.compared_with,
             "parameters": _fields(s.parameters), "aim": s.aim, "summary": s.summary, "source": s.source}
            for s in all_of("scenario")]


def _fields(parameters: type) -> list[dict[str, Any]]:
    """Declared parameters; an automatic one by its rule in words."""
    return [asdict(replace(h, auto=None)) | {"auto": h.auto.rule if h.auto else None} for h in declared(parameters)]


def _attacks() -> list[dict[str, Any]]:
    return [{"name": a.name, "title": a.title, "needs": list(a.needs), "summary": a.summary, "source": a.source}
            for a in all_of("attack")]
