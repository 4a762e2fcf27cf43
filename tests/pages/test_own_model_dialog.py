"""The dialog that imports a model, through AppTest: names mended, doubts said, refusals, and the way to Unlearn."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from engine.originals.checkpoints import open_checkpoints
from tests.engine.originals.foreign import digits_weights
from tests.patience import patience

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    """The digits' Original as another person's training script would save it."""
    path = tmp_path / "My net.pth"
    torch.save({"net": {f"module.{name}": value for name, value in digits_weights().items()}}, path)
    return path


def asked(source: Path, name: str = "", **options) -> AppTest:
    """The dialog after its button was pressed."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    at.button(key="own-model-open-button").click().run()
    at.text_input(key="own-model-source").input(str(source)).run()
    at.text_input(key="own-model-name").input(name).run()
    for option, value in options.items():
        at.selectbox(key=f"own-model-option.digits.{option}").set_value(value).run()
    at.button(key="own-model-import").click().run()
    assert not at.exception
    return at


def said(at: AppTest) -> str:
    found = [one.value for kind in ("success", "caption", "warning", "error") for one in getattr(at, kind)]
    return "\n".join(found).replace("\\", "")


def box(at: AppTest, key: str):
    return next(one for one in at.selectbox if one.key == key)


def test_from_a_file_to_the_form_of_unlearn(jobs, checkpoint):
    box_before = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    assert "own-model-import" not in [one.key for one in box_before.button]
    at = asked(checkpoint)
    assert "Imported as **my_net**: Small conv net for Digits." in said(at)
    assert "The weights lie under 'net' of the file." in said(at)
    assert "The prefix 'module.' was taken off in 20 names." in said(at) and not at.warning
    assert [(one.label, one.value) for one in at.metric][-2:] == [
        ("Right on the training samples", "100.0%"), ("Right on the held-out samples", "74.0%")]
    assert open_checkpoints().imported_names("digits", "small_cnn", {"label_noise": 0.2}) == ["my_net"]
    at.button(key="own-model-unlearn").click().run()
    assert not at.exception and at.title[0].value == "Does it forget?"
    assert box(at, "original").value == "my_net" and at.query_params["original"] == "my_net"


def test_weights_of_other_data_are_doubted(jobs, checkpoint):
    at = asked(checkpoint, "other", label_noise=0.0)
    assert "Imported as **other**" in said(at) and "Doubtful: It knows the training samples no better" in said(at)


def test_what_cannot_be_imported_is_said_without_flags(jobs, checkpoint, tmp_path):
    at = asked(checkpoint, "No/name")
    assert "name is 'No/name', but must be 1 to 40" in said(at) and not at.success
    at.text_input(key="own-model-name").input("good").run()
    assert not at.error, "that was said of another name"
    at.selectbox(key="own-model-model.digits").set_value("resnet18_cifar").run()
    at.button(key="own-model-import").click().run()
    assert "the weights of ResNet18 (CIFAR stem) for digits" in said(at)
    assert "They are those of the model Small conv net." in said(at) and "--" not in said(at)
    assert "own-model-unlearn" not in [one.key for one in at.button]
    assert "There is no file or folder" in said(asked(tmp_path / "absent.pt"))


def test_an_upload_in_place_of_a_path(jobs, checkpoint):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=patience()).run()
    at.button(key="own-model-open-button").click().run()
    assert at.button(key="own-model-import").disabled
    at.file_uploader(key="own-model-upload").set_value([("My net.pt", checkpoint.read_bytes(), "")]).run()
    at.button(key="own-model-import").click().run()
    assert not at.exception and "Imported as **my_net**: Small conv net for Digits." in said(at)
    left = [path for path in jobs.store.root.rglob("*.pt*") if path != checkpoint]
    assert not left, "the Original is kept apart, so the upload is not"
    assert not list(jobs.store.root.glob("*work*")), "nor is the folder that it was read from"
