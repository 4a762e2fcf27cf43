"""Runs on a person's own data on another machine: what the data are comes along, the data themselves do not."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "own"))

from making import pictures

from engine import registry
from engine.cli.main import main
from engine.errors import BadArchive
from engine.own import adding
from engine.own.folder import own
from engine.runs.archive.transfer import import_runs
from engine.runs.store import open_store
from tests.engine.archiving import finished_run


@pytest.fixture
def archive(tmp_path, home, capsys):
    """An archive of a run on one's own pictures, from a folder that names a person."""
    source = pictures(tmp_path / "home of ada" / "shapes")
    adding.write("shapes", adding.prepared("shapes", str(source))[1])
    run_id = finished_run(open_store(), dataset="shapes")
    assert main(["archive", "export", str(tmp_path / "runs.zip"), "--json"]) == 0
    capsys.readouterr()
    return tmp_path / "runs.zip", run_id, source


def test_the_other_machine_lists_and_shows_them_and_says_what_is_absent(archive, tmp_path, monkeypatch, capsys):
    file, run_id, source = archive
    declared = own().declared["shapes"]
    with zipfile.ZipFile(file) as members:
        assert "ada" not in members.read("datasets/shapes.toml").decode()
        assert json.loads(members.read("manifest.json"))["version"] == 4
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    assert registry.find("dataset", "shapes") is None
    assert main(["archive", "import", str(file)]) == 0
    place = tmp_path / "other/datasets/shapes.toml"
    assert capsys.readouterr().out.splitlines() == [
        "1 run imported, 0 already there, 0 skipped.",
        "The data set shapes came with them, without its data (shapes): its runs are shown, and to compute with it set "
        f"source in {place} to where the data are here."]
    assert main(["list", "runs"]) == 0 and main(["show", run_id]) == 0
    assert "shapes" in capsys.readouterr().out
    there = registry.get("dataset", "shapes")
    assert there.available() is None and open_store().get(run_id).resolved().dataset.code == declared.code
    assert main(["preview", "--dataset", "shapes"]) == 2
    assert capsys.readouterr().err.strip().endswith(
        "The data of shapes are not on this machine: they lay in shapes where its runs were made. Set source in "
        "$UNLEARN_HOME/datasets/shapes.toml to where they are here.")
    place.write_text(place.read_text().replace('source = "shapes"', f'source = "{source}"'))
    assert main(["preview", "--dataset", "shapes"]) == 0, "the data are there, and are those of the run"
    assert main(["archive", "import", str(file), "--json"]) == 0
    assert "datasets" not in json.loads(capsys.readouterr().out.splitlines()[-1]), "it is known by now"


def rewritten(file: Path, text: str) -> Path:
    """The archive with another declaration, its manifest made to fit."""
    with zipfile.ZipFile(file) as old:
        content = {name: old.read(name) for name in old.namelist()}
    content["datasets/shapes.toml"] = text.encode()
    manifest = json.loads(content["manifest.json"])
    manifest["members"]["datasets/shapes.toml"] = {"sha256": hashlib.sha256(text.encode()).hexdigest(),
                                                   "bytes": len(text.encode())}
    content["manifest.json"] = json.dumps(manifest).encode()
    place = file.with_name("other.zip")
    with zipfile.ZipFile(place, "w") as new:
        for name, data in content.items():
            new.writestr(name, data)
    return place


@pytest.mark.parametrize("change, said", [
    (lambda text: "nonsense", "declares no data set (it is no TOML"),
    (lambda text: text.replace('kind = "image"', 'kind = "sound"'), "declares no data set (kind is 'sound'"),
    (lambda text: text.replace('source = "shapes"', 'source = "/etc/shapes"'),
     "declares no data set (it names a folder of another machine)")])
def test_a_declaration_that_is_none_is_refused_and_nothing_is_kept(archive, tmp_path, monkeypatch, change, said):
    with zipfile.ZipFile(archive[0]) as members:
        text = change(members.read("datasets/shapes.toml").decode())
    file = rewritten(archive[0], text)
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    with pytest.raises(BadArchive) as refused:
        import_runs(file, open_store())
    assert said in str(refused.value) and open_store().list() == []
    assert not (tmp_path / "other/datasets").exists()


def test_a_refused_import_takes_its_declarations_back(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    store = open_store()
    monkeypatch.setattr(type(store), "adopt", lambda self, runs: (_ for _ in ()).throw(BadArchive("no")))
    with pytest.raises(BadArchive):
        import_runs(archive[0], store)
    assert not list((tmp_path / "other/datasets").glob("*"))


def test_ones_own_data_set_of_that_name_stays(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "other"))
    mine = adding.prepared("shapes", str(pictures(tmp_path / "mine", first=900)))[1]
    adding.write("shapes", mine)
    assert "datasets" not in import_runs(archive[0], open_store())
    assert own().declared["shapes"] == mine.declaration
