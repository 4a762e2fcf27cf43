"""The rules of DESIGN.md that can be read off the source: who imports whom, who touches files, who draws numbers."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from helping import ROOT, python

from benchmarks import structure

HEAVY = {"torch", "torchvision", "sklearn", "transformers", "datasets"}


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a file, parsed once for all tests here."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it; ``from a import b`` counts as ``a.b`` too."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offences(paths: list[Path], forbidden: set[str]) -> list[str]:
    return sorted({f"{path.relative_to(ROOT)} imports {name}" for path in paths for name in imports(path)
                   if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)})


def calls(path: Path) -> Iterator[str]:
    """Every called name, dotted as written: ``np.random.seed``, ``path.read_text``."""
    for node in nodes(path):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def test_walking_finds_nested_imports(tmp_path):
    source = tmp_path / "a.py"
    source.write_text("def f():\n    from torch.nn import functional\n    import os.path\n")
    assert list(imports(source)) == ["torch.nn", "torch.nn.functional", "os.path"]


def test_engine_knows_nothing_of_the_app():
    assert len(sources("engine")) > 30
    assert offences(sources("engine"), {"streamlit", "plotly", "ui", "pages", "app"}) == []


def test_pages_and_ui_compute_nothing():
    files = [*sources("pages", "ui"), *ROOT.glob("app.py")]
    assert offences(files, HEAVY) == []


def test_charts_are_pure():
    assert offences(sources("ui/charts"), {"streamlit", "engine", "pages", "sqlalchemy"}) == []
    touching = {"open", "Path", "requests.get", "urlopen"}
    assert [(path.name, call) for path in sources("ui/charts") for call in calls(path) if call in touching] == []


@pytest.mark.parametrize("kind", ["datasets", "models", "scenarios", "methods", "attacks"])
def test_components_do_not_import_one_another(kind):
    files = [path for path in sources(f"engine/{kind}") if not path.stem.startswith("_")]
    names = {f"engine.{kind}.{path.stem}" for path in files}
    assert len(names) >= 2
    assert offences(files, names) == []


def test_nothing_imports_upward():
    assert structure.upward(ROOT) == []


def test_no_imports_go_in_a_circle():
    assert structure.cycles(ROOT) == []


def test_an_import_from_above_and_a_circle_are_found(tmp_path):
    planted = {"engine/system/files.py": "def f():\n    from engine.runs import store\n",
               "engine/runs/store.py": "from engine.system.files import f\n", "engine/nowhere.py": "",
               "engine/runs/__init__.py": "", "engine/system/__init__.py": "", "engine/__init__.py": ""}
    for name, text in planted.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert structure.upward(tmp_path) == ["engine.nowhere is in no layer",
                                          "engine.system.files imports engine.runs.store"]
    assert structure.cycles(tmp_path) == [["engine.runs.store", "engine.system.files"]]


def test_methods_do_not_import_attacks_nor_attacks_methods():
    assert offences(sources("engine/methods"), {"engine.attacks", "engine.evaluation.measure"}) == []
    assert offences(sources("engine/attacks"), {"engine.methods"}) == []


FILE_CALLS = {"open", "write_text", "write_bytes", "read_text", "read_bytes", "unlink", "mkdir", "rename", "touch",
              "glob", "rglob", "save_file", "load_file", "safe_open", "to_parquet", "read_parquet", "write_whole",
              "write_json"}
KEEPERS = {"runs/store.py", "runs/database.py", "system/unfinished.py", "runs/artifacts.py", "runs/packing.py",
           "originals/checkpoints.py", "training/partial.py",
           "system/files.py", "system/paths.py", "runs/archive/transfer.py", "runs/archive/format.py",
           "runs/archive/declarations.py", "runs/archive/limits.py",
           "runs/ensembles/kept.py", "sample_lists.py", "own/uploads.py", "own/unused.py", "studies/tuning_kept.py",
           "runs/recorded.py", "runs/recorded_findings.py",  # these two and the next four: what ships
           "studies/correction_kept.py", "runs/ensembles/recorded.py", "studies/ensemble_recorded.py",
           "originals/recorded_scores.py", "studies/ensemble_scores.py"}
OTHERS_FILES = {  # calls that touch files which are neither a run's nor a checkpoint's
    ("results.py", "save_file"), ("results.py", "write_whole"),  # a person's own
    ("runs/weights.py", "save_file"), ("runs/weights.py", "write_whole"),
    ("models/_folders.py", "place.glob"), ("models/_folders.py", "(folder / 'config.json').read_text"),
    ("studies/model_card.py", "(folder / WEIGHTS).write_bytes"),
    ("studies/model_card.py", "(folder / CARD).write_text"),
    ("runs/process.py", "BOOT.read_text"),  # the system's own
    *(("system/weight_files.py", call) for call in ("path.open", "load_file", "folder.glob", "index.read_text")),
    ("studies/paper.py", "SOURCE.read_text"),  # the paper's tables
    ("runs/excerpt.py", "Image.open"), ("runs/excerpting.py", "write_whole"),  # samples that ship
    ("system/hub.py", "path.glob"), ("system/hub.py", "cache.glob"),  # data sets, published weights
    ("discovery.py", "folder.glob"), ("lineage.py", "FILE.read_text"),  # components and their source
    ("own/folder.py", "place.unlink"), ("own/folder.py", "place.read_text"),  # a
    ("own/declaration.py", "path.read_text"), ("own/declaration.py", "write_whole"),  # person's own data sets
    ("own/declaration.py", "temporary.write_text"), ("cli/own_data.py", "write_whole"),
    ("cli/own_data.py", "temporary.write_text"),
    ("own/tables.py", "path.open"), ("own/tables.py", "path.read_text"), ("own/cifar.py", "path.read_bytes"),
    ("own/pictures.py", "Image.open"),
    ("system/logs.py", "open"), ("system/logs.py", "os.open"), ("system/logs.py", "path.parent.mkdir"),  # tracebacks
    ("cli/streams.py", "open"), ("cli/streams.py", "os.open"),  # where nothing is read or said
    ("runs/archive/tables.py", "safe_open"),  # the head of weights that arrive
    ("originals/sidecars.py", "path.read_text"),
    ("system/source.py", "folder.glob"), ("system/source.py", "file.read_text"),
}


def test_only_store_and_checkpoints_touch_their_files():
    inside = {path: str(path.relative_to(ROOT / "engine")) for path in sources("engine")}
    found = {(name, call) for path, name in inside.items() if name not in KEEPERS for call in calls(path)
             if call.split(".")[-1] in FILE_CALLS or call.split(".")[0] == "shutil"}
    assert sorted(found - OTHERS_FILES) == []
    assert sorted(OTHERS_FILES - found) == [], "an exception that is not needed any more"


def test_nothing_is_pickled():
    assert offences(sources("engine", "ui", "pages"), {"pickle", "cloudpickle", "dill", "joblib", "shelve"}) == []
    words = ("allow_pickle", "read_pickle", "to_pickle", "weights_only=False", "add_safe_globals")
    assert [(path.name, word) for path in sources("engine", "ui", "pages") for word in words
            if word in path.read_text(encoding="utf-8")] == []
    assert not [path.name for path in sources("engine", "ui", "pages") if "torch.save" in calls(path)]


def test_torch_reads_files_of_strangers_in_one_place_and_weights_only():
    found = [(path.name, [ast.unparse(word) for word in node.keywords]) for path in sources("engine", "ui", "pages")
             for node in nodes(path)
             if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("torch.load")]
    assert found == [("weight_files.py", ["map_location='cpu'", "weights_only=True"])]


def test_no_global_random_state():
    banned = {"torch.manual_seed", "torch.seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all",
              "torch.set_rng_state", "np.random.seed", "numpy.random.seed", "random.seed", "np.random.shuffle",
              "np.random.permutation", "np.random.choice", "np.random.rand", "np.random.randn", "np.random.randint"}
    within_fork = {("dropout.py", "torch.manual_seed"), ("_transformers.py", "torch.manual_seed"),
                   ("networks.py", "torch.manual_seed")}
    found = {(path.name, call) for path in sources("engine", "ui", "pages") for call in calls(path) if call in banned}
    assert found - within_fork == set()
    assert offences(sources("engine"), {"random"}) == []
    drawing = {"torch.rand", "torch.randn", "torch.randint", "torch.randperm", "torch.multinomial", "torch.bernoulli"}
    for path in sources("engine"):
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in drawing:
                assert "generator" in {word.arg for word in node.keywords}, f"{path}:{node.lineno} draws globally"


DECLARATIONS = """
import sys
import engine, engine.registry, engine.spec, engine.runs.queue, engine.runs.store, engine.cli.main
import engine.evaluation.metrics
import engine.studies.comparison, engine.studies.table, engine.studies.exports, engine.studies.reproduction
from engine.types import declared, Spec
for kind in ("dataset", "model", "scenario", "method", "attack"):
    assert len(engine.registry.all_of(kind)) >= 2
for method in engine.registry.all_of("method"):
    assert declared(method.parameters)
    engine.spec.resolve(Spec(method=method.name))
print(sorted({name.split(".")[0] for name in sys.modules} & {"torch", "torchvision", "sklearn", "transformers",
                                                             "datasets", "streamlit", "plotly"}))
"""


def test_declarations_are_read_without_torch():
    done = python("-c", DECLARATIONS)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr
