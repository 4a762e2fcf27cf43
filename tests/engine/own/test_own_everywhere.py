"""A data set of one's own is one like any other: registry, runs, identities; files that are wrong break nothing."""

from __future__ import annotations

import json
import shutil

import pytest
from making import comments, pictures

from engine import registry
from engine.cli.main import main
from engine.errors import BadData, BadSource, DataMissing
from engine.originals.checkpoints import original_key
from engine.own import adding, folder
from engine.own.adding import Training
from engine.own.recipes import fitting
from engine.spec import resolve
from engine.types import Spec


def add(name, source, replace=False, **training):
    found, added = adding.prepared(name, str(source), training=Training(**training), replace=replace)
    assert added is not None, found.problems
    return adding.write(name, added)


@pytest.fixture
def shapes(tmp_path, home):
    source = pictures(tmp_path / "shapes")
    add("shapes", source, epochs=1)
    return source


def test_it_is_a_data_set_until_it_is_removed(shapes, home):
    assert registry.names("dataset")[-1] == "shapes" and registry.find("dataset", "shapes") is not None
    record = registry.get("dataset", "shapes")
    assert (record.kind, record.classes) == ("image", ("circle", "square"))
    assert (record.train_size, record.heldout_size) == (48, 12)
    assert (record.default_model, record.input_size, record.available()) == ("small_cnn", 12, "own")
    assert [sum(row) for row in record.class_counts][::2] == [48, 12] and not registry.ships("dataset", "shapes")
    assert next(model.name for model in registry.models_for(record)) == "small_cnn"
    assert resolve(Spec("shapes")).recipe.epochs == 1
    folder.remove("shapes")
    assert registry.find("dataset", "shapes") is None and "shapes" not in registry.names("dataset")
    with pytest.raises(BadSource, match=r"There is no data set of your own named 'shapes'\. Yours: none yet\."):
        folder.remove("shapes")


def test_another_home_has_other_data(shapes, tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_HOME", str(tmp_path / "another"))
    assert registry.find("dataset", "shapes") is None
    assert not (tmp_path / "another").exists()  # asking makes no folder


def test_what_is_loaded_is_what_was_shown(shapes):
    record = registry.get("dataset", "shapes")
    data = record.load({})
    assert data.train.images.shape == (48, 12, 12, 3) and len(data.heldout) == 12
    assert data.train.labels.bincount().tolist() == list(record.class_counts[0])
    assert data.content == folder.own().declared["shapes"].content and data.augment is not None


def test_a_name_that_is_taken_or_no_name(tmp_path, home):
    source = pictures(tmp_path / "shapes")
    for name, said in (("digits", "A data set named 'digits' comes with the app: choose another name, such as "
                                  "'my_digits'."),
                       ("My data!", "The name 'My data!' cannot be used: take small letters, digits and underscores, "
                                    "such as 'my_data'."),
                       ("../up", "The name '../up' cannot be used: take small letters, digits and underscores, such as "
                                 "'up'.")):
        with pytest.raises(BadSource) as caught:
            adding.prepared(name, str(source))
        assert str(caught.value) == said
    add("mine", source)
    with pytest.raises(BadSource, match="named 'mine' already: choose another name, or replace it with --replace"):
        adding.prepared("mine", str(source))


def test_a_wrong_file_breaks_nothing_and_is_listed_with_its_sentence(shapes, home, capsys):
    (home / "datasets" / "broken.toml").write_text("kind = 3\n")
    shutil.copy(home / "datasets" / "shapes.toml", home / "datasets" / "digits.toml")
    assert registry.get("dataset", "digits").title == "Digits" and "broken" not in registry.names("dataset")
    first, second = folder.bad()
    assert first.startswith(f"{home}/datasets/broken.toml cannot be used: kind is 3, but must be a text; ")
    assert second == (f"{home}/datasets/digits.toml is not used: a data set named 'digits' comes with the app. "
                      "Rename the file.")
    assert main(["list", "datasets"]) == 0
    said = capsys.readouterr()
    assert "shapes" in said.out and first in said.err and second in said.err


def test_a_file_for_a_model_that_is_gone(shapes, home):
    place = home / "datasets" / "shapes.toml"
    place.write_text(place.read_text().replace('model = "small_cnn"', 'model = "perceptron"'))
    assert registry.find("dataset", "shapes") is None
    assert folder.bad()[0].startswith(f"{place} cannot be used: model: No model named 'perceptron'.")


def test_an_edited_file_counts_at_once(shapes, home):
    place = home / "datasets" / "shapes.toml"
    place.write_text(place.read_text().replace('title = "Shapes"', 'title = "Forms"')
                     .replace('["circle", "square"]', '["round", "angular"]'))
    record = registry.get("dataset", "shapes")
    assert (record.title, record.classes) == ("Forms", ("round", "angular")) == ("Forms", record.load({}).classes)


def test_changed_data_are_refused_until_they_are_added_again(shapes, home):
    key, code = original_key(resolve(Spec("shapes"))).name, registry.code("dataset", "shapes")
    shutil.copy(shapes / "circle" / "000.png", shapes / "square" / "new.png")
    with pytest.raises(BadData) as caught:
        registry.get("dataset", "shapes").load({})
    assert str(caught.value) == (
        f"The data of shapes in {shapes} have changed since they were added (train 48 -> 49 samples): put the files "
        f"back, or add them again as they are now: python -m engine add-dataset shapes {shapes} --replace")
    add("shapes", shapes, replace=True, epochs=1)
    assert len(registry.get("dataset", "shapes").load({}).train) == 49
    assert registry.code("dataset", "shapes") != code and original_key(resolve(Spec("shapes"))).name != key


def test_changed_pixels_are_noticed_by_content(shapes):
    from making import picture

    picture(999).save(shapes / "circle" / "000.png")
    with pytest.raises(BadData, match="other samples or labels"):
        registry.get("dataset", "shapes").load({})


def test_the_process_keeps_data_until_a_file_changes(shapes, no_caches):
    import torch

    from engine.originals.workbench import load_data

    record, cpu = registry.get("dataset", "shapes"), torch.device("cpu")
    assert load_data(record, {}, cpu) is load_data(record, {}, cpu)
    (shapes / "circle" / "000.png").unlink()
    with pytest.raises(BadData, match="have changed since they were added"):
        load_data(record, {}, cpu)


def test_data_that_are_gone(shapes):
    shutil.rmtree(shapes)
    record = registry.get("dataset", "shapes")
    assert record.available() is None and record.absent == (
        f"The data of shapes are no longer in {shapes}: put them back, or remove the data set with python -m engine "
        "remove-dataset shapes.")
    with pytest.raises(DataMissing, match="are no longer in"):
        record.load({})


def test_moved_data_have_the_same_identity(shapes, tmp_path):
    code = registry.code("dataset", "shapes")
    shutil.move(shapes, tmp_path / "elsewhere")
    add("shapes", tmp_path / "elsewhere", replace=True, epochs=1)
    assert registry.code("dataset", "shapes") == code


# --- the command line ------------------------------------------------------------------------


def answer(capsys, *words) -> tuple[int, dict]:
    status = main([*words, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_from_a_folder_of_pictures_to_a_finished_run(tmp_path, home, capsys):
    source = pictures(tmp_path / "shapes", each=40)
    status, added = answer(capsys, "add-dataset", "shapes", str(source), "--epochs", "2")
    assert status == 0 and added["counts"]["train"] == [31, 33] and added["training_seconds"] > 0
    assert added["file"] == str(home / "datasets" / "shapes.toml") and added["recipe"]["epochs"] == 2
    status, run = answer(capsys, "run", "--dataset", "shapes", "--method", "finetune", "--forget-fraction", "0.2",
                         "--train-original")
    assert status == 0 and run["status"] == "finished" and run["spec"]["dataset"] == "shapes"
    assert 0 <= run["metrics"]["forget_accuracy"] <= 100
    status, run = answer(capsys, "run", "--dataset", "shapes", "--method", "finetune", "--scenario", "class",
                         "--forget-class", "square")
    assert status == 0 and run["status"] == "finished"


def test_from_a_csv_of_texts_to_a_finished_run(tmp_path, home, capsys):
    source = comments(tmp_path / "moods.csv", 80)
    assert main(["add-dataset", "moods", str(source), "--epochs", "1", "--label", "mood"]) == 0
    said = capsys.readouterr().out
    assert "Found       CSV files in" in said and "Classes     2: happy " in said and "Training    " in said
    status, run = answer(capsys, "run", "--dataset", "moods", "--method", "nabla_tau", "--train-original")
    assert status == 0 and run["status"] == "finished" and run["spec"]["model"] == "text_cnn"


def test_a_dry_run_adds_nothing_and_problems_are_exit_status_2(tmp_path, home, capsys):
    source = pictures(tmp_path / "shapes")
    status, said = answer(capsys, "add-dataset", "shapes", str(source), "--dry-run")
    assert status == 0 and said["file"] is None and not (home / "datasets").exists()
    status, said = answer(capsys, "add-dataset", "one", str(source / "circle"))
    assert status == 2 and len(said["problems"]) == 1 and "side by side" in said["problems"][0]
    status, said = answer(capsys, "add-dataset", "few", str(pictures(tmp_path / "few", each=3)))
    assert status == 2 and said["problems"] == [
        "There are 5 usable training samples, and at least 20 are needed: add some."]
    status, said = answer(capsys, "add-dataset", "shapes", str(source), "--model", "resnet18")
    assert status == 2 and said["problems"] == [
        "--model: resnet18 needs 32 pixels a side: choose --size 32, and these are images of 12; it could be "
        f"{', '.join(model.name for model in fitting('image', 12))}."]


def test_export_remove_and_take_over(shapes, home, tmp_path, capsys):
    assert main(["export-dataset", "shapes", "--out", str(tmp_path / "mine.toml")]) == 0
    assert main(["remove-dataset", "shapes"]) == 0 and registry.find("dataset", "shapes") is None
    assert main(["add-dataset", "forms", str(tmp_path / "mine.toml")]) == 0
    assert registry.get("dataset", "forms").load({}).name == "forms"
    capsys.readouterr()
    assert main(["export-dataset", "forms"]) == 0
    assert capsys.readouterr().out == (home / "datasets" / "forms.toml").read_text()
    assert main(["export-dataset", "nothing"]) == 2
