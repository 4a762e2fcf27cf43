"""Excerpts: what is chosen, that it equals the data, and what is refused. Those that ship are read as well."""

from __future__ import annotations

import dataclasses
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from texts import write_go_emotions

from engine.cli.main import main
from engine.errors import BadArchive, BadInput
from engine.originals.checkpoints import Checkpoints, open_checkpoints
from engine.runs import excerpting
from engine.runs.excerpt import FOLDER, MANIFEST, POOL, excerpt_of, one_a_class, read_excerpt, sprite_of
from engine.runs.excerpting import spread, write_excerpt
from engine.runs.recorded import recorded_runs, recorded_samples
from engine.runs.samples import exhibits
from engine.runs.sources import loaded
from engine.runs.store import Store, open_store
from engine.runs.stories import stories, stories_at_once


@pytest.fixture(scope="module")
def demo():
    return next(run for run in recorded_runs() if run.spec.dataset == "digits" and run.spec.method == "nabla_tau"
                and recorded_samples(run.id) is not None)


@pytest.fixture(scope="module")
def digits_file(tmp_path_factory):
    """An excerpt of the two recorded runs on digits that have a table."""
    folder = tmp_path_factory.mktemp("excerpts")
    write_excerpt(folder / "digits.zip", "digits", Store(folder / "home"), Checkpoints(folder))
    return folder / "digits.zip"


def test_evenly_spread_numbers_come_after_the_first_and_fill_up_to_the_most():
    assert spread([[0, 1, 2, 3, 4]], [3], 3) == [3, 0, 4]
    assert spread([list(range(9)), list(range(8, -1, -1))], [], 4) == [0, 8, 4, 2]
    assert spread([[5, 6]], [7], 10) == [7, 5, 6], "all there are"


def test_the_surest_are_those_of_least_loss_of_each_run_in_turn():
    one, other = (pd.DataFrame({"set": ["forget"] * 3 + ["test"], "sample": [7, 8, 9, 1], "loss": losses})
                  for losses in ([.3, .1, .2, 0.], [.1, .1, .5, 0.]))
    assert excerpting.surest([one, other], "forget") == [8, 7, 9]  # 8 and 7, then 9 and 8, then 7 and 9
    assert excerpting.surest([one, other], "test") == [1]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sprite_gives_back_its_tiles(channels):
    from engine.runs.excerpt import _tiles

    tiles = np.random.default_rng(0).integers(0, 256, (35, 8, 6, channels), dtype=np.uint8)
    assert np.array_equal(_tiles(sprite_of(tiles, None), 35, (8, 6, channels)), tiles)


def test_stories_and_samples_of_an_excerpt_are_those_of_the_data(demo, digits_file, tmp_path):
    few, frame = excerpt_of(demo, digits_file.parent), recorded_samples(demo.id)
    retrained = recorded_samples(next(run_id for run_id in few.about["runs"] if run_id != demo.id))
    whole = loaded(demo, Checkpoints(tmp_path))
    ours = stories(demo, few.frame(demo, frame), few, retrained)
    for one, same in zip(ours, stories(demo, frame, whole, retrained), strict=True):
        assert {**vars(one), "shown": 0, "twin": 0} == {**vars(same), "shown": 0, "twin": 0}
        assert np.array_equal(one.shown["picture"], same.shown["picture"])
        assert np.array_equal(one.twin["picture"], same.twin["picture"])
    assert few.total(demo, "forget") == 150 and len(few.numbers(demo, "forget")) == 150
    first, same = (exhibits(rows, source, "least", 3) for rows, source in ((few.frame(demo, frame), few),
                                                                           (frame, whole)))
    assert [{**one, "picture": 0} for one in first] == [{**one, "picture": 0} for one in same]


def test_an_excerpt_is_for_its_runs_data_and_split_only(demo, digits_file):
    folder = digits_file.parent
    assert excerpt_of(demo, folder) is not None
    for changed in ({"id": "cafe"}, {"data": "0" * 16}, {"data": None}, {"split": "0" * 12}):
        assert excerpt_of(dataclasses.replace(demo, **changed), folder) is None, changed


def test_cards_show_a_class_once_and_what_the_original_knew(demo, digits_file):
    found = one_a_class(demo, 60, digits_file.parent)
    assert len(found) == len({one.label for one in found}) == 10
    assert one_a_class(dataclasses.replace(demo, id="cafe"), 60, digits_file.parent) == []


def test_a_damaged_excerpt_is_named(digits_file, tmp_path):
    with zipfile.ZipFile(digits_file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    newer = parts[MANIFEST].replace(b'"version": 1', b'"version": 2')
    for name, content, message in ((POOL, parts[POOL] + b"x", "pool.parquet is not the one"),
                                   (MANIFEST, b"{}", "cannot be read as an excerpt"),
                                   (MANIFEST, newer, "is not an excerpt")):
        with zipfile.ZipFile(tmp_path / "digits.zip", "w") as archive:
            for each in parts:
                archive.writestr(each, content if each == name else parts[each])
        with pytest.raises(BadArchive, match=message):
            read_excerpt(tmp_path / "digits.zip")


def test_a_run_on_other_samples_is_refused(demo, tmp_path, monkeypatch):
    frame = recorded_samples(demo.id)
    source = loaded(demo, Checkpoints(tmp_path))
    moved = frame.assign(sample=np.where(frame["set"] == "forget", frame["sample"] + 1, frame["sample"]))
    with pytest.raises(BadInput, match="is not the one of its spec on the data at hand"):
        excerpting._checked(demo, moved, source)
    known = dict(demo.metrics.stored, original=dict(demo.metrics.original, forget_accuracy=50.0))
    other = dataclasses.replace(demo, metrics=type(demo.metrics)(known))
    with pytest.raises(BadInput, match="these are other samples"):
        excerpting._checked(other, frame, source)


def test_an_excerpt_is_never_replaced_unasked(digits_file, store):
    with pytest.raises(BadInput, match="exists already"):
        write_excerpt(digits_file, "digits", store, open_checkpoints())
    with pytest.raises(BadInput, match=r"must end in \.zip"):
        write_excerpt(digits_file.with_suffix(".txt"), "digits", store, open_checkpoints())


# --- texts ----------------------------------------------------------------------------------


@pytest.fixture
def recorded_text_run(home, tmp_path, monkeypatch, capsys, no_caches):
    """A run on miniature texts that stands for a recorded one without a table; its own table is in the store."""
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(write_go_emotions(tmp_path / "data")))
    monkeypatch.setattr("engine.system.device.cores", lambda: 1)
    assert main(["run", "--dataset", "go_emotions", "--forget-fraction", "0.2", "--train-original", "--json"]) == 0
    run = open_store().get(json.loads(capsys.readouterr().out)["run_id"])
    shipped = dataclasses.replace(run, id="f00d", recorded=True)
    monkeypatch.setattr(excerpting, "recorded_runs", lambda: (shipped,))
    return shipped


def test_texts_ship_with_what_the_same_run_said_of_them(recorded_text_run, tmp_path, capsys):
    file = tmp_path / "go_emotions.zip"
    assert main(["archive", "excerpt", str(file), "--dataset", "go_emotions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == []
    few = excerpt_of(recorded_text_run, tmp_path)
    frame = few.frame(recorded_text_run, None)
    sets = frame["set"].value_counts()
    table = open_store().load_samples(open_store().list()[0].id)
    assert (sets["forget"], few.total(recorded_text_run, "forget")) == ((table["set"] == "forget").sum(),) * 2
    kept = table.merge(frame, on=["set", "sample"])
    pd.testing.assert_series_equal(kept["loss_x"], kept["loss_y"], check_names=False)
    whole = loaded(recorded_text_run, open_checkpoints())
    assert stories(recorded_text_run, frame, few) == stories(recorded_text_run, table, whole)


def test_another_run_s_table_is_not_taken_for_it(recorded_text_run, tmp_path, monkeypatch):
    changed = dict(recorded_text_run.metrics.stored, test_accuracy=1.0)
    other = dataclasses.replace(recorded_text_run, metrics=type(recorded_text_run.metrics)(changed))
    monkeypatch.setattr(excerpting, "recorded_runs", lambda: (other,))
    with pytest.raises(BadInput, match="No recorded run on go_emotions has a table"):
        write_excerpt(tmp_path / "go_emotions.zip", "go_emotions", open_store(), open_checkpoints())


# --- those that ship ------------------------------------------------------------------------


@pytest.mark.parametrize(("dataset", "model", "runs"), [("cifar10", "resnet18", 30), ("go_emotions", "text_cnn", 27)])
def test_recorded_runs_tell_their_stories_without_data(dataset, model, runs, store, monkeypatch):
    monkeypatch.delenv("UNLEARN_DATA_DIR", raising=False)
    told = [run for run in recorded_runs() if run.spec.dataset == dataset and excerpt_of(run)]
    assert len(told) == runs and {run.spec.model for run in told} == {model}
    for run in [run for run in told if run.spec.method == "nabla_tau"][:3]:
        found = stories_at_once(run, store, open_checkpoints())
        assert len(found) == 5
        for story in found:
            assert story.shown and story.twin and story.label
            assert story.right_before and not story.right_now and story.loss_now > story.loss_before
    references = [run for run in told if run.is_reference]
    assert references and all(story.right_retrained is None
                              for story in stories_at_once(references[0], store, open_checkpoints()))


def test_a_recorded_run_without_losses_of_samples_says_so(store):
    bare = next(run for run in recorded_runs() if run.spec.dataset == "cifar10" and excerpt_of(run) is None)
    with pytest.raises(BadInput, match="kept no table"):
        stories_at_once(bare, store, open_checkpoints())


@pytest.mark.parametrize("dataset", ["cifar10", "digits", "go_emotions"])
def test_the_table_beside_the_files_counts_what_is_in_them(dataset):
    about = read_excerpt(FOLDER / f"{dataset}.zip").about
    line = next(line for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
                if line.startswith(f"| `{dataset}.zip`"))
    assert f"| {about['samples']:,} of " in line and f"for {len(about['runs'])} runs" in line
