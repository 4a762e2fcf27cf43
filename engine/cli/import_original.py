"""``python -m engine import-original``: weights of one's own as an Original that can be forgotten from."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from engine.cli.options import Result, add_json, add_option, as_number, assignments
from engine.cli.terminal import ProgressLine
from engine.errors import BadSpec
from engine.originals.checkpoints import open_checkpoints
from engine.originals.importing import import_file
from engine.system.paths import expanded
from engine.types import Spec

if TYPE_CHECKING:
    from engine.originals.imported import Imported


def add_parser(commands: Any) -> None:
    """Adds the command to the command line's parser."""
    parser = commands.add_parser("import-original", help="import trained weights, to forget from them")
    parser.add_argument("file", metavar="FILE", help="safetensors, a .pt or .pth state dict, or a Hugging Face folder")
    parser.add_argument("--dataset", required=True, help="the data that it was trained on")
    parser.add_argument("--model", help="the network (default: the data set's first model)")
    parser.add_argument("--name", help="what to call it in run --original NAME (default: the file's name)")
    add_option(parser)
    add_json(parser, "object")
    parser.set_defaults(work=command)


def command(options: Namespace) -> Result:
    """Imports the weights and says what was changed and measured. Raises BadInput."""
    path, line = expanded(options.file), ProgressLine()
    chosen, problems = assignments(options.options, "--option")
    if problems:
        raise BadSpec(problems)
    spec = Spec(dataset=options.dataset, model=options.model, original=options.name,
                options={key: as_number(value) for key, value in chosen.items()})
    found = import_file(path, spec, open_checkpoints(), lambda text, f: line({"stage": text, "fraction": f}))
    line.end()
    return found.to_json() if options.json else _text(found), 0


def _text(found: Imported) -> str:
    """What a person wants to know about an imported Original, and how to forget from it."""
    sidecar, metrics = found.original.sidecar, found.original.sidecar["metrics"]
    asked = "".join(f" --option {name}={value}" for name, value in sidecar["options"].items())
    return "\n".join([
        f"Imported {sidecar['file']} as {sidecar['imported']!r}: {sidecar['model']} for {sidecar['dataset']}.",
        *(f"  {change}" for change in found.changes),
        f"  {metrics['train_accuracy']:.1f}% right on the training samples, {metrics['heldout_accuracy']:.1f}% on the "
        "held-out ones.",
        *(f"  Doubtful: {doubt}" for doubt in found.doubts),
        f"Forget from it: python -m engine run --dataset {sidecar['dataset']} --model {sidecar['model']}{asked} "
        f"--original {sidecar['imported']}"])
