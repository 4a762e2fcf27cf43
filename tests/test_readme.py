"""The README stays short and true: its example runs, its files exist, its table is that of the results."""

from __future__ import annotations

import re
from pathlib import Path

from engine import registry
from engine.cli.main import build_parser
from tests.documents import ROOT, command_lines, first_python_block, links, table

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_is_short():
    assert len(README.splitlines()) <= 120


def test_one_name_everywhere():
    name = re.match(r"# (.+)\n", README).group(1)
    for file, line in (("mkdocs.yml", "site_name: {}"), ("CITATION.cff", "title: {}"), ("docs/index.md", "# {}")):
        assert line.format(name) in (ROOT / file).read_text(encoding="utf-8").splitlines()


def test_counts_are_the_registries():
    words = {7: "Seven", 26: "Twenty-six"}
    assert f"**{words[len(registry.names('method'))]} methods**" in README
    assert f"**{words[len(registry.names('dataset'))]} datasets**" in README


def test_pictures_and_files_that_are_linked_exist():
    found = links(README)
    assert len(found) > 15
    for target in found:
        assert (ROOT / target).exists(), target


def test_its_table_is_that_of_the_results():
    """Titles are decorated here and there, so rows are compared in their order, without the last two columns."""
    ours = [row[1:] for row in table(README, "Method")]
    full = table((ROOT / "docs" / "results" / "digits.md").read_text(encoding="utf-8"), "Method")
    assert ours == [row[1:4] for row in full] and len(ours) == 1 + len(registry.names("method"))
    for short, long in zip(table(README, "Method"), full, strict=True):
        assert short[0].strip("*").startswith((long[0], f"{long[0]},", f"{long[0]}**"))


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"make ([a-z]+)", README))
    assert {"run", "test", "docs"} <= targets <= set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))


def test_commands_are_understood():
    for words in command_lines(README):
        build_parser().parse_args(words)


def test_the_notebook_example_runs(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "home"))
    exec(compile(first_python_block(README, "In a notebook"), "notebook", "exec"), {})
    before, after = (float(value) for value in capsys.readouterr().out.strip().split(" -> "))
    assert before > 60 > after
    assert (tmp_path / "unlearned.safetensors").stat().st_size > 100_000


def test_the_picture_is_small_and_moves():
    from PIL import Image

    path = Path(ROOT / "docs" / "animation.webp")
    assert path.stat().st_size < 200_000
    with Image.open(path) as picture:
        assert picture.n_frames > 20
