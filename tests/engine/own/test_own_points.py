"""A table of coordinates as data of one's own: guessed or named, refused in a sentence, shown, and run."""

from __future__ import annotations

import json

import pytest
import torch
from making import rings, table

from engine import registry
from engine.cli.main import main
from engine.data.points import SIDE
from engine.errors import BadSource
from engine.own import adding, folder
from engine.own.adding import Training
from engine.own.kind import own_kind_of
from engine.own.look import Choices, look


@pytest.fixture
def source(tmp_path, home):
    return rings(tmp_path / "rings.csv")


def added(source, name="rings", **training):
    found, ready = adding.prepared(name, str(source), training=Training(**training))
    assert ready is not None, found.problems
    adding.write(name, ready)
    return ready


def test_coordinates_are_guessed_by_name_and_measured(source):
    found = look(str(source))
    assert (found.kind, found.sample, found.label, found.input_size) == ("points", "x,y", "ring", 2)
    assert found.sizes.startswith("2 coordinates: x from 8.0") and found.totals == {"train": 48, "test": 12}
    assert found.notes[0] == ("Taken for the columns: 'x,y' for the points and 'ring' for the labels. Name others with "
                              "--points and --label.")
    assert found.parts["train"].samples.dtype.name == "float32" and found.parts["train"].samples.shape == (48, 2)


def test_fractions_are_coordinates_and_prose_beside_them_makes_texts(tmp_path):
    width = [number / 7 for number in range(60)]
    plain = rings(tmp_path / "a.csv", width=width)
    assert look(str(plain)).sample == "x,y" and look(str(plain), Choices(points="x, width,y")).input_size == 3
    named = table(tmp_path / "b.csv", {"width": width, "height": width[::-1], "sort": ["a", "b"] * (60 // 2)})
    assert (look(str(named)).kind, look(str(named)).sample) == ("points", "width,height")
    prose = table(tmp_path / "c.csv", {"score": width, "trust": width, "text": [f"it is {n}" for n in range(60)],
                                       "mood": ["a", "b"] * (60 // 2)})
    assert look(str(prose)).kind == "text"


@pytest.mark.parametrize(("choices", "said"), [
    (Choices(points="x"), "--points is 'x', but must name at least 2 different columns, such as x,y."),
    (Choices(points="x,x"), "--points is 'x,x', but must name at least 2 different columns, such as x,y."),
    (Choices(points="x,z"), "--points: No column in rings.csv named 'z'. Valid: x, y, ring."),
    (Choices(points="x,y", label="y"), "The column 'y' cannot be both sample and label: name another one with "
                                       "--label."),
    (Choices(points="x,y", text="ring"), "--text and --points were both given: samples are texts or points."),
])
def test_wrong_columns_are_named(source, choices, said):
    with pytest.raises(BadSource) as caught:
        look(str(source), choices)
    assert str(caught.value) == said


def test_a_cell_that_is_no_number_is_left_out_with_its_row(tmp_path):
    path = tmp_path / "rings.csv"
    lines = rings(path).read_text().splitlines()
    lines[3], lines[5], lines[8] = "far,0.5,inner", ",0.5,inner", "nan,0.5,inner"
    path.write_text("\n".join(lines))
    found = look(str(path), Choices(points="x,y"))
    assert sum(found.totals.values()) == 60 - 3
    assert any("rings.csv, row 3: x is 'far', which is no number; rings.csv, row 5: x is empty; "
               "rings.csv, row 8: x is 'nan', which is no number" in note
               for note in found.notes), found.notes


def test_what_is_declared_is_read_again_and_loads_the_same(source):
    ready = added(source)
    record = registry.get("dataset", "rings")
    data = record.load({})
    assert (record.kind, record.input_size, record.default_model) == ("points", 2, "mlp")
    assert data.content == ready.declaration.content and data.inputs == 2 and data.kind == "points"
    assert 'points = "x,y"' in folder.text_of("rings")
    inputs, _ = data.batch(data.train, torch.arange(48))
    assert inputs.mean(0).abs().max() < 0.01 and inputs.std(0).sub(2.5).abs().max() < 0.1
    assert record.summary == "Your own data: 48 points in 2 classes."


def test_a_point_is_shown_as_a_plot_before_and_after_it_is_added(source):
    ready = added(source)
    before = own_kind_of(ready.look).excerpt(ready.look.parts["train"], 0, 10)["picture"]
    after = registry.get("dataset", "rings").load({}).train.shown(0)["picture"]
    assert before.shape == after.shape == (SIDE, SIDE, 3) and (after != 255).any()


def test_a_model_for_pictures_is_refused(source):
    with pytest.raises(BadSource) as caught:
        adding.prepared("rings", str(source), training=Training("small_cnn"))
    assert str(caught.value) == "--model: small_cnn reads images, and these are points of 2; it could be mlp."


def test_from_a_table_to_a_finished_run_and_a_card(source, home, capsys, tmp_path):
    assert main(["add-dataset", "rings", str(source), "--epochs", "40", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["kind"], shown["model"], shown["sample"]) == ("points", "mlp", "x,y")
    assert main(["run", "--dataset", "rings", "--method", "finetune", "--set", "retain_epochs=2", "--train-original",
                 "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert run["status"] == "finished" and 0 <= run["metrics"]["test_accuracy"] <= 100
    assert main(["export-weights", run["run_id"], str(tmp_path / "out")]) == 0
    card = (tmp_path / "out" / "README.md").read_text().replace("\\", "")
    assert "It reads points as float32 of shape (samples, 2): coordinates less " in card
