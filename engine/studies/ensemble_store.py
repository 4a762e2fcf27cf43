"""The folder of an ensemble: named by everything that its Originals and states depend on."""

from __future__ import annotations

from pathlib import Path

from engine.runs.ensembles.kept import Kept
from engine.studies.ensemble import Design
from engine.system.files import short_hash
from engine.system.paths import home


def kept_for(design: Design, content: str, folder: Path | None = None) -> Kept:
    """The place of an ensemble on data of this sha256, whether anything is there or not."""
    about = design.about(content)
    name = f"{about['dataset']}-{about['model']}-{short_hash(about, 16)}"
    return Kept((folder or home()) / "ensembles" / name, about)
