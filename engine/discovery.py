"""Finds the files that may hold components; :mod:`engine.registry` takes the records out of them.

Files are found in ``engine/datasets``, ``models``, ``scenarios``, ``methods`` and ``attacks``, in the folders named by
``$UNLEARN_COMPONENTS``, and as entry points of installed packages (group ``unlearn_lab.components``). A file whose name
starts with an underscore is a helper and is skipped.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import pkgutil
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.system.paths import expanded
from engine.validity import KINDS

FOLDERS = "UNLEARN_COMPONENTS"
ENTRY_POINTS = "unlearn_lab.components"
STRANGERS = "unlearn_components"  # the package that files of $UNLEARN_COMPONENTS are modules of


def modules(kind: str) -> Iterator[tuple[Path, Any, str]]:
    """Every file that may hold a component of a kind: its path, its module, and what to call it."""
    package = importlib.import_module(f"engine.{kind}s")
    for found in pkgutil.iter_modules(package.__path__):
        if not found.name.startswith("_"):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            yield Path(module.__file__ or found.name), module, f"engine/{kind}s/{found.name}.py"
    for place in _strangers_files():
        yield place, _loaded(place), str(place)
    for entry in importlib.metadata.entry_points(group=ENTRY_POINTS):
        module = entry.load()
        yield Path(module.__file__), module, f"the entry point {entry.name}"


def _strangers_files() -> list[Path]:
    """The component files in the folders of ``$UNLEARN_COMPONENTS``. Raises BadInput for a folder that is absent."""
    folders = [expanded(text) for text in os.environ.get(FOLDERS, "").split(os.pathsep) if text]
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"{FOLDERS} names {folder}, which is not a folder: name folders that hold component files.")
    return [path for folder in folders for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")]


def _loaded(place: Path) -> Any:
    """A file of a stranger as a module; its helpers are imported as ``unlearn_components._helper``."""
    package = sys.modules.setdefault(STRANGERS, types.ModuleType(STRANGERS))
    package.__path__ = list(dict.fromkeys([*getattr(package, "__path__", []), str(place.parent)]))
    name = f"{STRANGERS}.{place.stem}"
    if name in sys.modules and sys.modules[name].__file__ == str(place):
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, place)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise BadInput(f"{place} cannot be loaded ({type(error).__name__}: {error}): fix it, or remove it from "
                       f"{FOLDERS}.") from error
    if not any(hasattr(module, kind.upper()) for kind in KINDS):
        raise BadInput(f"{place} binds none of {', '.join(kind.upper() for kind in KINDS)}; a helper's name starts "
                       "with an underscore.")
    return module
