"""Weights of one's own as an Original, from a file and what a person says of it: one door for commands and pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput, BadSpec
from engine.originals.checkpoints import Checkpoints
from engine.spec import resolve
from engine.types import Spec

if TYPE_CHECKING:
    from engine.originals.imported import Imported
    from engine.originals.workbench import Report


def import_file(path: Path, spec: Spec, checkpoints: Checkpoints,
                report: Report = lambda text, fraction: None) -> Imported:
    """Imports the weights under ``spec.original``, or the file's name, for the data, options and model of the spec.

    Raises BadSpec, where the name's field is ``name``, or BadInput.
    """
    from engine.originals.imported import import_original, name_from
    from engine.originals.workbench import load_data
    from engine.system.device import default_device, prepare
    from engine.system.weight_files import refuse_special

    named = replace(spec, original=name_from(path) if spec.original is None else spec.original)
    try:
        resolved = resolve(named)
    except BadSpec as error:
        raise BadSpec(one.called("name") if one.field == "original" else one for one in error.problems) from None
    refuse_special(path)
    if not path.exists():  # before the data are read, which may take minutes
        raise BadInput(f"There is no file or folder {path} on this machine: check the path.")
    device = default_device()
    prepare(device, resolved.dataset.threads)
    data = load_data(resolved.dataset, resolved.options, device, report, resolved.model)
    report("Reading the weights", None)
    return import_original(path, resolved, data, checkpoints)
