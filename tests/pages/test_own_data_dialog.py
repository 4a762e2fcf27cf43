"""The dialog on Start, through AppTest: a folder is looked at, its problems are said, and it becomes a finished run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engine" / "own"))

from making import comments, picture, pictures, rings  # noqa: E402

from engine import registry  # noqa: E402
from tests.pages.test_pages import finish  # noqa: E402
from tests.patience import patience  # noqa: E402


@pytest.fixture
def short(monkeypatch):
    """Trainings of one pass, so that the test is quick."""
    from dataclasses import replace

    monkeypatch.setattr("engine.own.adding.with_epochs", lambda recipe, epochs: replace(recipe, epochs=1))


def looked(source, name="") -> AppTest:
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    at.button(key="own-data").click().run()
    at.text_input(key="own-source").input(str(source)).run()
    if name:
        at.text_input(key="own-name").input(name).run()
    at.button(key="own-look").click().run()
    assert not at.exception
    return at


def said(at: AppTest) -> str:
    found = [one.value for kind in ("markdown", "caption", "error") for one in getattr(at, kind)]
    return "\n".join(found).replace("\\", "")


SOURCES = {"pictures": (lambda place: pictures(place / "My shapes"), "small_cnn"),
           "texts": (lambda place: comments(place / "My shapes.csv"), "text_cnn"),
           "points": (lambda place: rings(place / "My shapes.csv"), "mlp")}


@pytest.mark.parametrize("kind", SOURCES)
def test_from_a_path_to_a_finished_run(kind, tmp_path, jobs, short):
    make, model = SOURCES[kind]
    source = make(tmp_path)
    at = looked(source)
    assert "48 train, 12 test samples in 2 classes" in said(at) and "Training takes " in said(at)
    assert "are held out. Name another one with “Test split, if it is elsewhere”." in said(at) and "--" not in said(at)
    assert at.selectbox(key="own-model").value == model
    assert ('alt="a sample of ' in "".join(str(one.proto.body) for one in at.get("html"))) == (kind != "texts")
    at.button(key="own-add").click().run()
    assert not at.exception and registry.get("dataset", "my_shapes").title == "My shapes"
    run = jobs.store.list(newest_first=True, limit=1)[0]
    assert run.spec.dataset == "my_shapes" and run.train_original
    run = finish(jobs, run.id)
    assert run.status == "finished", run.reason


def test_what_cannot_be_used_is_said_and_nothing_is_added(tmp_path, jobs):
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    at = looked(tmp_path)
    assert "The pictures lie side by side" in at.error[0].value.replace("\\", "")
    assert not [one for one in at.button if one.key == "own-add"]
    at = looked(pictures(tmp_path / "few", each=5))
    assert "at least 20 are needed" in at.error[0].value and not [one for one in at.button if one.key == "own-add"]
    at = looked(pictures(tmp_path / "good"), name="digits")
    assert "comes with the app" in at.error[0].value
    assert not (Path(jobs.store.root) / "datasets").exists()


def test_a_wrong_file_is_a_warning_and_the_page_stands(tmp_path, jobs):
    folder = Path(jobs.store.root) / "datasets"
    folder.mkdir()
    (folder / "broken.toml").write_text("kind = 3")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    assert not at.exception and any("broken.toml cannot be used" in one.value for one in at.warning)


def zip_of(folder: Path) -> bytes:
    import io
    import zipfile

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in folder.rglob("*.png"):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()


def test_an_upload_with_a_title_and_a_training_of_its_own(tmp_path, jobs):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    at.button(key="own-data").click().run()
    assert at.button(key="own-look").disabled
    at.file_uploader(key="own-upload").set_value([("My shapes.zip", zip_of(pictures(tmp_path / "s")),
                                                   "application/zip")]).run()
    at.text_input(key="own-title").input("Round and square").run()
    at.number_input(key="own-epochs").set_value(2).run()
    at.checkbox(key="own-augment").uncheck().run()
    at.button(key="own-look").click().run()
    assert not at.exception and "48 train, 12 test samples in 2 classes" in said(at) and "(2 passes)" in said(at)
    at.button(key="own-add").click().run()
    assert not at.exception
    one = registry.get("dataset", "my_shapes")
    recipe = one.recipes[one.default_model]
    assert (one.title, recipe.epochs, recipe.augment) == ("Round and square", 2, False)
    assert Path(one.source).is_relative_to(jobs.store.root / "uploads")
    assert jobs.store.list()[-1].spec.dataset == "my_shapes"


def test_a_name_that_is_taken_is_replaced_only_where_asked(tmp_path, jobs):
    source = pictures(tmp_path / "shapes")
    from engine.own import adding

    adding.write("shapes", adding.prepared("shapes", str(source))[1])
    at = looked(source)
    assert "or replace it with “Take the place of your data set of that name”" in at.error[0].value.replace("\\", "")
    at.checkbox(key="own-replace").check().run()
    at.button(key="own-look").click().run()
    assert not at.exception and "48 train, 12 test samples" in said(at)


def test_an_upload_that_leads_out_is_refused(jobs):
    import io
    import zipfile

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("../x.png", b"1")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    at.button(key="own-data").click().run()
    at.file_uploader(key="own-upload").set_value([("a.zip", content.getvalue(), "application/zip")]).run()
    at.button(key="own-look").click().run()
    assert not at.exception and "which leads out of the folder" in at.error[0].value.replace("\\", "")
