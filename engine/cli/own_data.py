"""``python -m engine add-dataset``, ``export-dataset`` and ``remove-dataset``: a person's own data."""

from __future__ import annotations

import csv
import dataclasses
import io
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from engine.cli.options import Result, add_json
from engine.cli.terminal import ProgressLine
from engine.errors import BadSource
from engine.own import adding, folder, heldout
from engine.own.adding import Added, Training
from engine.own.kind import own_kind_of, own_kinds
from engine.own.look import HELD_OUT, OWN_COLUMNS, Choices, Look
from engine.system.files import write_whole
from engine.system.paths import expanded
from engine.system.words import plural

SHOWN = 10  # classes whose counts are printed


def add_parser(commands: Any) -> None:
    """Adds the three commands to the command line's parser."""
    add = commands.add_parser("add-dataset", help="use data of your own: a folder of pictures, a table of texts or "
                              "points, a hub id")
    add.add_argument("name", metavar="NAME", help="how commands and pages call it, such as flowers")
    add.add_argument("source", metavar="SOURCE", help="a folder of pictures with a folder a class; a parquet, CSV, "
                     "JSON lines or arrow file, or a folder of them; a folder written by save_to_disk; "
                     "cifar-10-batches-py; an id of the Hugging Face hub; or a .toml that export-dataset wrote")
    add.add_argument("--test", metavar="SOURCE", help="where the test split is, if it is elsewhere")
    add.add_argument("--label", metavar="COLUMN", help="the column of labels")
    for kind in own_kinds():
        add.add_argument(f"--{kind.name}", metavar=kind.option.partition(" ")[2], help=kind.option_help)
    add.add_argument("--attribute", action="append", default=[], metavar="COLUMN", dest="attributes",
                     help="a further column that samples can be chosen by (scenario matching); may be repeated")
    add.add_argument("--size", type=int, metavar="PIXELS", help="pixels a side that pictures are brought to")
    add.add_argument("--heldout", type=float, default=HELD_OUT, metavar="SHARE",
                     help=f"the share that is held out where there is no test split (default: {HELD_OUT:g})")
    add.add_argument("--drop-duplicates", action="store_true",
                     help="leave out test samples that are in the training set")
    add.add_argument("--model", help="the usual model for these data (default: the smallest that learns such data)")
    add.add_argument("--epochs", type=int, help="passes over the training set when an Original is trained")
    add.add_argument("--no-augment", action="store_true",
                     help="train on pictures as they are, not shifted and mirrored")
    add.add_argument("--title", help="its name on the pages")
    add.add_argument("--replace", action="store_true", help="take the place of your data set of that name")
    add.add_argument("--dry-run", action="store_true", help="look only, add nothing")
    add_json(add, "object")
    add.set_defaults(work=command_add)

    export = commands.add_parser("export-dataset", help="print the file that declares a data set of your own")
    export.add_argument("name", metavar="NAME")
    export.add_argument("--out", metavar="FILE", help="write it there instead")
    export.add_argument("--samples", action="store_true", help="instead of that file a CSV: which files or rows are in "
                        "the training set, and which are held out")
    add_json(export, "object")
    export.set_defaults(work=command_export)

    remove = commands.add_parser("remove-dataset", help="take a data set of your own out of the lists; its runs stay")
    remove.add_argument("name", metavar="NAME")
    add_json(remove, "object")
    remove.set_defaults(work=command_remove)


def command_add(options: Namespace) -> Result:
    """Looks at the source, prints what was found, and declares it unless something speaks against it."""
    if options.source.endswith(".toml") and expanded(options.source).is_file():
        taken = adding.take_over(options.name, expanded(options.source), options.replace)
        return {"name": options.name, "file": str(taken)} if options.json else f"Added {options.name} as {taken}.", 0
    line = ProgressLine()
    choices = Choices(label=options.label, test=options.test, size=options.size, heldout=options.heldout,
                      drop_duplicates=options.drop_duplicates, attributes=tuple(options.attributes),
                      **{kind.name: getattr(options, kind.name) for kind in own_kinds()})
    found, added = adding.prepared(options.name, options.source, choices,
                                   Training(options.model, options.epochs, not options.no_augment), options.title,
                                   lambda text, fraction: line({"stage": text, "fraction": fraction}),
                                   options.replace or options.dry_run)  # a look takes nobody's place
    if added is None:
        line.end()
        return _refused(found, options)
    line({"stage": "Measuring some steps of the training", "fraction": None})
    seconds = _seconds(options.name, added)
    line.end()
    place = None if options.dry_run else adding.write(options.name, added)
    if options.json:
        return _as_json(options.name, added, seconds, place), 0
    return "\n".join([shown(found), training(added, seconds), "", _next(options, place)]), 0


def command_export(options: Namespace) -> Result:
    text = _samples_csv(options.name) if options.samples else folder.text_of(options.name)
    if options.out:
        write_whole(expanded(options.out), lambda temporary: temporary.write_text(text, encoding="utf-8"))
        return {"name": options.name, "file": options.out} if options.json else f"Wrote {options.out}.", 0
    return {"name": options.name, "csv" if options.samples else "toml": text} if options.json else text.rstrip(), 0


def _samples_csv(name: str) -> str:
    """Every sample with its set, file, row and class."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([heldout.COLUMNS, *heldout.samples(name)])
    return text.getvalue()


def command_remove(options: Namespace) -> Result:
    place = folder.remove(options.name)
    if options.json:
        return {"name": options.name, "file": str(place)}, 0
    return (f"Removed {options.name} ({place}). Its data, its runs and its Original stay where they are; an upload "
            "that the app kept for it alone is removed."), 0


def shown(found: Look) -> str:
    """A look as text."""
    lines = [f"Found       {found.found} in {found.source}",
             f"Samples     {_samples(found)}"]
    lines += [f"{split.capitalize():<11} {sum(counts):,} {plural(sum(counts), 'sample')}"
              for split, counts in found.counts.items()]
    lines.append(f"Classes     {_classes(found)}")
    lines += [f"Note        {note}" for note in found.notes]
    lines += [f"Problem     {problem}" for problem in found.problems]
    return "\n".join(lines)


def _samples(found: Look) -> str:
    plural = own_kind_of(found).plural
    if found.sample in OWN_COLUMNS:
        return f"{plural}, {found.sizes}"
    column = "columns" if "," in found.sample else "column"
    return f"{plural} in the {column} {found.sample!r} ({found.sizes}); labels in the column {found.label!r}"


def training(added: Added, seconds: float) -> str:
    """The model and the recipe with the time that training takes here."""
    from engine.runs.estimates import duration

    declared, recipe = added.declaration, added.declaration.recipe
    said = "; pictures are shifted and mirrored (--no-augment where left and right matter)"
    return (f"Model       {declared.model}, {recipe.epochs} passes with {recipe.optimiser}, learning rate "
            f"{recipe.learning_rate:g}, batches of {recipe.batch_size}{said if recipe.augment else ''}\n"
            f"Training    {duration(seconds)} on this machine, from steps measured just now")


def _classes(found: Look) -> str:
    counts = found.counts["train"]
    parts = [f"{name} {count:,}" for name, count in zip(found.classes, counts, strict=True)][:SHOWN]
    more = f" and {len(counts) - SHOWN:,} more" if len(counts) > SHOWN else ""
    return f"{len(counts)}: {', '.join(parts)}{more}"


def _seconds(name: str, added: Added) -> float:
    from engine.originals.trial import training_seconds
    from engine.own.component import component
    from engine.registry import get

    return training_seconds(component(name, added.declaration), get("model", added.declaration.model), added.data)


def _next(options: Namespace, place: Path | None) -> str:
    if place is None:
        return "Nothing was added (--dry-run)."
    return (f"Added {options.name} as {place}.\n"
            f"Next: python -m engine run --dataset {options.name} --method nabla_tau --train-original")


def _as_json(name: str, added: Added, seconds: float, place: Path | None) -> dict[str, Any]:
    from dataclasses import asdict

    return {"name": name, "file": str(place) if place else None, **added.look.described(),
            "model": added.declaration.model, "recipe": asdict(added.declaration.recipe),
            "training_seconds": round(seconds, 3), "content": added.declaration.content}


def _refused(found: Look, options: Namespace) -> Result:
    """What was found, then the problems; exit status 2."""
    if not options.json:
        print(shown(dataclasses.replace(found, problems=())), file=sys.stderr)  # they are the error's sentences
    raise BadSource(" ".join(found.problems))
