"""The shape of the code: packages and files a layer, imports that go upward, import cycles, long files and functions.

    python benchmarks/structure.py [FOLDER OF A CHECKOUT]

Nothing is imported or run. The last line is one JSON object.
"""

from __future__ import annotations

import ast
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

# From bottom to top; what stands in one line is one layer.
LAYERS = (
    ("tidy",),
    ("errors",),
    ("system",),
    ("hyperparameters", "terms", "flow", "attack", "dataset", "method", "model", "scenario", "types",
     "kind", "lineage", "checks", "validity", "discovery", "registry"),
    ("chain", "naming", "options", "scenarios", "tuning", "list_formats", "sample_lists", "selection", "spec"),
    ("data",),
    ("models", "datasets", "own", "kinds"),
    ("evaluation", "attacks"),
    ("training",),
    ("methods", "originals"),
    ("runs",),
    ("studies",),
    ("preview", "results", "lab", "api", "cli", "__init__", "__main__"),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def modules(root: Path, top: str = "engine") -> dict[str, Path]:
    """Every module below ``root/top`` by its dotted name; a package is its ``__init__``."""
    found = {}
    for path in sorted((root / top).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of ``known`` that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in inside if name in known)
            if any(name not in known for name in inside):
                yield node.module


def graph(root: Path, top: str = "engine") -> dict[str, set[str]]:
    known = modules(root, top)
    return {name: set(imports(path, known)) - {name} for name, path in known.items()}


def layer(module: str) -> int | None:
    """The level of a module's package, None where it has no place in the house."""
    parts = module.split(".")
    return LEVEL.get(parts[1] if len(parts) > 1 else "__init__")


def upward(root: Path) -> list[str]:
    """Imports from a layer above, and modules without a layer."""
    arrows = graph(root)
    homeless = [f"{name} is in no layer" for name in arrows if layer(name) is None]
    return homeless + [f"{name} imports {other}" for name, others in arrows.items() for other in sorted(others)
                       if layer(name) is not None and (layer(other) or 0) > layer(name)]


def cycles(root: Path) -> list[list[str]]:
    """Groups of modules that import one another in a circle; ``engine`` imports its surface late and is left out."""
    arrows = {name: others - {"engine"} for name, others in graph(root).items() if name != "engine"}
    reach = {name: _reachable(name, arrows) for name in arrows}
    circles = {frozenset(other for other in reach[name] if name in reach[other])
               for name in arrows if name in reach[name]}
    return sorted(sorted(circle) for circle in circles)


def _reachable(name: str, arrows: dict[str, set[str]]) -> set[str]:
    found, todo = set(), list(arrows[name])
    while todo:
        if (now := todo.pop()) not in found:
            found.add(now)
            todo += arrows[now]
    return found


def measured(root: Path) -> dict[str, object]:
    known = modules(root)
    a_layer: dict[str, int] = defaultdict(int)
    for name in known:
        a_layer[" ".join(LAYERS[level]) if (level := layer(name)) is not None else "in no layer"] += 1
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines())
               for top in ("engine", "ui", "pages") for path in (root / top).rglob("*.py")}
    return {
        "packages": sum((path.parent / "__init__.py") == path for path in known.values()),
        "flat files in engine/": len(list((root / "engine").glob("*.py"))),
        "files a layer": dict(a_layer),
        "upward imports": len(upward(root)),
        "import cycles": len(cycles(root)),
        "files over 300 lines": sum(lines > 300 for lines in lengths.values()),
        "lines of README.md": len((root / "README.md").read_text(encoding="utf-8").splitlines()),
    }


if __name__ == "__main__":
    here = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
    for line in upward(here):
        print(line)
    for circle in cycles(here):
        print("circle:", " ".join(circle))
    print(json.dumps(measured(here)))
