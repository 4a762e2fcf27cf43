"""The documents stay true: generated tables are up to date, examples are registered and run, paths and links exist."""

from __future__ import annotations

import importlib
import re
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine import errors, registry
from engine.cli.main import build_parser
from engine.spec import resolve
from engine.types import Sizes, Spec, declared
from tests.documents import DOCS, PAGES, ROOT, anchor, command_lines, first_python_block, links, python_blocks, table
from ui.frame import shell

EXTENDING, DATASETS, QUICKSTART = ((DOCS / f"{name}.md").read_text(encoding="utf-8")
                                   for name in ("extending", "datasets", "quickstart"))
EXAMPLES = {"method": "weight_noise", "attack": "margin", "model": "perceptron", "dataset": "stripes",
            "scenario": "first_ones"}
MORE = {"keep_training": ("method", "### A method that trains"),
        "every_nth": ("scenario", "### A scenario with parameters")}
EXAMPLE_FILES = {f"engine/{kind}s/{name}.py" for kind, name in (
    *EXAMPLES.items(), *((kind, name) for name, (kind, _) in MORE.items()))}
# Folders of docs/architecture.md that are still to be built; this list may only get shorter.
NOT_BUILT: set[str] = set()
NAMED = re.compile(r"(?<![\w/$.])((?:engine|ui|docs|benchmarks|tests|pages|cached_checkpoints)/[\w./-]*\w/?)")


def page_id(path):
    return str(path.relative_to(DOCS))


# --- what is generated ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def generate():
    sys.path.insert(0, str(DOCS))
    yield importlib.import_module("generate")
    sys.path.remove(str(DOCS))


def blocks(path):
    return re.findall(r"<!-- generated: ([^\n]+) -->\n(.*?)<!-- end -->", path.read_text(encoding="utf-8"), re.DOTALL)


COMMANDS = [(path, *block) for path in PAGES for block in blocks(path)]


@pytest.mark.parametrize(("path", "command", "content"), COMMANDS, ids=[command for _, command, _ in COMMANDS])
def test_a_generated_block_is_what_its_command_prints(generate, path, command, content):
    assert content == f"\n{generate.output(command)}\n\n", f"{path.name} is out of date: run make results"


def test_results_have_generated_blocks():
    assert {path.name for path, _, _ in COMMANDS} == {"cifar10.md", "evidence.md", "go_emotions.md", "gpu.md",
                                                    "methods.md"}
    assert all(path.parent == DOCS / "results" for path, _, _ in COMMANDS), "make results rewrites docs/results only"
    starts = sum(path.read_text(encoding="utf-8").count("<!-- generated:") for path in PAGES)
    assert starts == len(COMMANDS), "a block without its end would be passed over"


def test_generating_replaces_what_stood_there_and_nothing_else(generate):
    command = "python -m engine reproduce table4 --classes dog --methods scrub --recorded-only --markdown"
    page = f"before\n\n<!-- generated: {command} -->\nold\n<!-- end -->\n\nafter\n"
    new = generate.renewed(page)
    assert new.startswith(f"before\n\n<!-- generated: {command} -->\n\n**cifar10, forgetting the class dog")
    assert "\nold\n" not in new
    assert new.endswith("\n\n<!-- end -->\n\nafter\n") and generate.renewed(new) == new
    assert "| SCRUB | - (94.40 ± 0.04) |" in new


@pytest.mark.parametrize("command", [
    "python -m engine reproduce table1 --markdown", "python -m engine reproduce table1 --recorded-only",
    "python -m engine pretrain --recorded-only --markdown", "rm -r runs --recorded-only --markdown"])
def test_a_block_that_could_compute_is_refused(generate, command):
    with pytest.raises(ValueError, match="needs 'python -m engine reproduce TABLE --recorded-only --markdown'"):
        generate.output(command)


def test_a_command_that_fails_is_not_written_down(generate):
    with pytest.raises(ValueError, match="ended with status 2: No table named 'table9'"):
        generate.output("python -m engine reproduce table9 --recorded-only --markdown")


# --- tables of components -------------------------------------------------------------------


@pytest.mark.parametrize(("text", "heading", "kind"), [
    (DATASETS, "Data set", "dataset"), (DATASETS, "Model", "model"), (EXTENDING, "Method", "method"),
    (EXTENDING, "Attack", "attack")], ids=lambda value: value if len(value) < 10 else "")
def test_tables_equal_the_registries(text, heading, kind):
    rows = [(row[0], row[1].strip("`")) for row in table(text, heading)]
    assert rows == [(record.title, record.name) for record in registry.all_of(kind)]


def test_default_models_are_named():
    rows = table(DATASETS, "Data set")
    assert [row[3].strip("`") for row in rows] == [d.default_model for d in registry.all_of("dataset")]


def test_method_summaries_are_the_methods_own():
    assert [row[2] for row in table(EXTENDING, "Method")] == [method.summary for method in registry.all_of("method")]


def test_pages_are_the_apps():
    source = (ROOT / "ui" / "frame" / "shell.py").read_text(encoding="utf-8")
    titles = re.findall(r'[pP]age\([A-Z]+, (?:title=)?"([^"]+)"', source)
    assert [row[0] for row in table(QUICKSTART, "Page")] == titles
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == {
        page.split("/")[1].removesuffix(".py")
        for page in (shell.START, shell.LEARN, shell.PLAYGROUND, shell.UNLEARN, shell.EXPOSED, shell.COMPARE,
                     shell.ROBUSTNESS, shell.EVIDENCE, shell.RUNS, shell.SELECTED)}


# --- paths, links, commands -----------------------------------------------------------------


def test_every_path_of_the_layout_exists():
    """All but those that are still to be built, which are exactly the ones listed here."""
    block = (DOCS / "architecture.md").read_text(encoding="utf-8").split("## Layout", 1)[1].split("```")[1]
    absent, folders = set(), [""]
    for line in block.strip().splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        names = re.split(r" {2,}", line.strip())[0].split()
        parent = "".join(folders[:depth + 1])
        absent |= {parent + name for name in names if not (ROOT / parent / name).exists()}
        folders = [*folders[:depth + 1], names[0] if names[0].endswith("/") else ""]
    assert absent == NOT_BUILT


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_links_lead_to_pages_pictures_and_headings(path):
    for target in links(path.read_text(encoding="utf-8")):
        name, _, heading = target.partition("#")
        page = (path.parent / name).resolve() if name else path
        assert page.is_relative_to(DOCS) and page.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in map(anchor, headings), target


@pytest.mark.parametrize("path", [*PAGES, *ROOT.glob("*.md")], ids=lambda path: path.name)
def test_files_that_are_named_exist(path):
    text = path.read_text(encoding="utf-8")
    named = set(NAMED.findall(text))
    if path.name != "architecture.md":  # its layout has a test of its own
        assert {name for name in named - EXAMPLE_FILES if not (ROOT / name).exists()} == set()


def test_pages_that_the_code_cites_exist():
    """One in engine/ may be cited in a text that a person reads, too."""
    sources = [path for folder in ("engine", "ui", "pages", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    cited = {name for path in sources for name in re.findall(r"[\w/]*\w\.md", path.read_text(encoding="utf-8"))}
    assert "docs/methods.md" in cited
    assert {name for name in cited if not (ROOT / name).exists()} == set()


WITH_COMMANDS = [path for path in PAGES if command_lines(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", WITH_COMMANDS, ids=page_id)
def test_commands_are_understood(path):
    for words in command_lines(path.read_text(encoding="utf-8")):
        build_parser().parse_args(words)


def test_commands_are_found():
    assert len(WITH_COMMANDS) >= 9


def test_every_page_is_in_the_navigation():
    listed = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(page_id(path) for path in PAGES)


# --- examples -------------------------------------------------------------------------------


def test_the_quickstarts_example_is_the_readmes():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert first_python_block(QUICKSTART, "In a notebook") == first_python_block(readme, "In a notebook")


@pytest.fixture
def registered(tmp_path, monkeypatch):
    """The page's examples as files that the registry finds beside the components that ship."""
    assert len(python_blocks(EXTENDING)) == len(EXAMPLES) + len(MORE), "all of them"
    for kind, name in EXAMPLES.items():
        folder = tmp_path / f"{kind}s"
        folder.mkdir()
        (folder / f"{name}.py").write_text(first_python_block(EXTENDING, f"Add a{'n' * (kind == 'attack')} {kind}"))
        package = importlib.import_module(f"engine.{kind}s")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    for name, (kind, heading) in MORE.items():
        (tmp_path / f"{kind}s" / f"{name}.py").write_text(python_blocks(EXTENDING.split(heading)[1])[0])
    registry.table.cache_clear()
    yield
    registry.table.cache_clear()
    for kind, name in EXAMPLES.items():
        sys.modules.pop(f"engine.{kind}s.{name}", None)
    for name, (kind, _) in MORE.items():
        sys.modules.pop(f"engine.{kind}s.{name}", None)


def test_the_examples_are_found_and_declared(registered):
    assert all(name in registry.names(kind) for kind, name in EXAMPLES.items())
    method = registry.get("method", "weight_noise")
    assert [(h.name, h.kind, h.default) for h in declared(method.parameters)] == [("noise", "float", 0.05)]
    stripes = registry.get("dataset", "stripes")
    small = {model.name for model in registry.all_of("model") if model.kind == "image" and model.min_input_size <= 8}
    assert {model.name for model in registry.models_for(stripes)} == small >= {"small_cnn", "perceptron"}


def test_the_examples_work_together(registered, home):
    """The example's network on the example's data, which forgets by the example's method."""
    lab = engine.load("stripes", model="perceptron")
    assert lab.data.train.images.shape == (600, 8, 8, 1) and lab.data.heldout.images.shape == (400, 8, 8, 1)
    parts = lab.split(forget_fraction=0.1, seed=0)
    assert lab.evaluate(parts)["test_accuracy"] > 80, "there is something to learn"
    one, other = (lab.unlearn(parts, "weight_noise", noise=0.5) for _ in range(2))
    before = lab.original.state_dict()
    assert (one.steps, one.samples) == (1, 0)
    for name, weights in one.model.state_dict().items():
        assert weights.equal(other.model.state_dict()[name]) and not weights.equal(before[name])
    assert resolve(Spec("stripes", "weight_noise")).effective == {"noise": 0.05}


def test_the_example_that_trains_keeps_its_plan_and_its_terms(registered, home):
    lab, seen = engine.load("stripes", model="perceptron"), []
    parts = lab.split(forget_fraction=0.1, seed=0)
    done = lab.unlearn(parts, "keep_training", epochs=2, on_progress=seen.append)
    assert (done.steps, done.samples) == (2 * 9, 2 * 540) and {step.total_steps for step in seen} == {18}
    assert {name for step in seen for name in step.terms} == {"retain_loss"}
    assert lab.evaluate(done)["retain_accuracy"] > 80


def test_the_example_scenario_compares_the_first_samples_with_the_first_held_out_ones(registered, home):
    """15% of 600 and of 400, which the test half leaves out; the declared sizes say so beforehand."""
    lab = engine.load("stripes", model="perceptron")
    parts = lab.split(forget_fraction=0.15, scenario="first_ones")
    sets, expected = parts.sets, resolve(Spec("stripes", scenario="first_ones", forget_fraction=0.15)).sizes
    assert sets.forget.tolist() == list(range(90)) and sets.unseen.tolist() == list(range(60))
    assert min(sets.test.tolist()) >= 60
    assert expected == Sizes(train=600, forget=90, retain=510, validation=200, test=170, unseen=60)
    assert replace(sets.sizes, test=expected.test) == expected and sets.sizes.test == 166
    assert lab.evaluate(parts)["sizes"] == {"forget": 90, "test": sets.sizes.test, "nonmembers": 60}


def test_the_example_scenario_goes_by_its_parameters(registered, home):
    lab = engine.load("stripes", model="perceptron")
    parts = lab.split(scenario="every_nth", every=200, end="last")
    assert parts.sets.forget.tolist() == [199, 399, 599]
    asked = Spec("stripes", scenario="every_nth", selection={"every": 200, "end": "last"})
    assert resolve(asked).sizes == Sizes(train=600, forget=3, retain=597, validation=200, test=200)
    with pytest.raises(errors.BadSpec) as refused:
        lab.split(scenario="every_nth", every=400)
    assert refused.value.problems == ["every is 400, but must be at most 300 for stripes."]


def test_the_example_attack_by_hand(registered):
    """Right answers score 1 less their entropy, wrong ones minus it: three of four pairs are in order."""
    from engine.evaluation.measure import of_scores, scores

    attack = registry.get("attack", "margin")
    columns = {"entropy": np.array([0.25, 0.5]), "correct": np.array([True, False])}
    members, others = scores(attack, columns, 2), np.array([-1.0, 0.0])
    assert members.tolist() == [0.75, -0.5]
    assert of_scores(attack, np.repeat(members, 10), np.repeat(others, 10))["margin_auc"] == 0.75
    assert attack.label == "right-answer attack" and attack.headline


def test_the_example_method_adds_noise_in_proportion(registered):
    """Weights that are all alike have no spread: they stay."""
    import torch

    from engine.training.loop import Task

    net = torch.nn.Linear(3, 2)
    torch.nn.init.constant_(net.weight, 0.5)
    net.weight.data[0, 0] = 1.0
    torch.nn.init.constant_(net.bias, 0.25)
    method = registry.get("method", "weight_noise")
    task = Task(net, None, None, None, 7, torch.device("cpu"), fresh=lambda: net)
    steps = list(method.unlearn(task, method.parameters()))
    assert [(s.step, s.total_steps) for s in steps] == [(1, 1)]
    assert net.bias.tolist() == [0.25, 0.25]
    assert not torch.equal(net.weight, torch.tensor([[1.0, 0.5, 0.5], [0.5, 0.5, 0.5]]))


def test_a_code_block_is_not_indented_by_accident():
    for block in python_blocks(EXTENDING):
        assert block == textwrap.dedent(block)


def test_the_pictures_of_the_pages_are_few_small_and_shown():
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    shown = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    assert len(pictures) == 7
    for picture in pictures:
        assert picture.stat().st_size < 70_000, picture.name
        assert f"](pictures/{picture.name})" in shown
