"""CIFAR through Hugging Face ``datasets``: folders with the hub's schema that the test writes, and ways to be absent.

conftest.py points the hub at a closed local port and the cache at a scratch folder: nothing is downloaded.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from engine.errors import DataMissing
from engine.registry import get

TRAIN, TEST = 12, 6


@pytest.fixture(scope="module", autouse=True)
def quiet():
    import datasets

    datasets.disable_progress_bars()


def pictures(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def write(folder, name, rows, labels, images=None, image="img", classes=None):
    """Parquet as the hub's: PNG bytes in an image column, labels as class labels where ``classes`` is given."""
    import datasets
    from PIL import Image

    images = pictures(rows) if images is None else images
    kind = datasets.ClassLabel(num_classes=classes) if classes else datasets.Value("int64")
    features = datasets.Features({image: datasets.Image(), **dict.fromkeys(labels, kind)})
    content = {image: [Image.fromarray(picture) for picture in images], **labels}
    folder.mkdir(parents=True, exist_ok=True)
    datasets.Dataset.from_dict(content, features=features).to_parquet(folder / f"{name}-00000-of-00001.parquet")


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(folder))
    return folder


def load(name, on_progress=None):
    return get("dataset", name).load({}, on_progress)


def refused(name):
    with pytest.raises(DataMissing) as caught:
        load(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_cifar10_from_a_folder_with_the_hubs_columns(data_dir):
    train, labels = pictures(TRAIN), [i % 10 for i in range(TRAIN)]
    write(data_dir / "cifar10", "train", TRAIN, {"label": labels}, train, classes=10)
    write(data_dir / "cifar10", "test", TEST, {"label": [9, 0, 1, 2, 3, 4]}, classes=10)
    assert get("dataset", "cifar10").available() == "folder"
    told = []
    data = load("cifar10", lambda text, fraction: told.append((text, fraction)))
    assert torch.equal(data.train.images, torch.from_numpy(train)) and data.train.images.dtype == torch.uint8
    assert data.train.labels.tolist() == labels and data.heldout.labels.tolist() == [9, 0, 1, 2, 3, 4]
    assert data.train.labels.dtype == torch.int64 and len(data.heldout) == TEST
    assert (data.mean, data.std) == ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
    assert (data.name, data.origin, len(data.classes)) == ("cifar10", "folder cifar10", 10)
    assert told[0] == ("Opening cifar10", 0.0) and told[-1] == ("Decoding cifar10", 1.0)
    assert [fraction for _, fraction in told] == sorted(fraction for _, fraction in told)


def test_cifar100_reads_the_fine_labels(data_dir):
    fine, coarse = [99, 0, 42, 7, 5, 3, 1, 2, 4, 6, 8, 98], [i % 20 for i in range(TRAIN)]
    write(data_dir / "cifar100", "train", TRAIN, {"fine_label": fine, "coarse_label": coarse})
    write(data_dir / "cifar100", "test", TEST, {"fine_label": fine[:TEST], "coarse_label": coarse[:TEST]})
    data = load("cifar100")
    assert data.train.labels.tolist() == fine and data.heldout.labels.tolist() == fine[:TEST]
    assert (data.mean, data.std) == ((0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761))
    assert len(data.classes) == 100 and data.classes[99] == "worm" and data.classes[0] == "apple"
    assert data.train.images.shape == (TRAIN, 32, 32, 3)


def test_grey_pictures_become_colour(data_dir):
    grey = pictures(TRAIN)[..., 0]
    for split in ("train", "test"):
        write(data_dir / "cifar10", split, TRAIN, {"label": [0] * TRAIN}, grey)
    images = load("cifar10").train.images
    assert images.shape == (TRAIN, 32, 32, 3) and torch.equal(images[..., 0], images[..., 2])


def test_columns_of_another_data_set(data_dir):
    for split in ("train", "test"):
        write(data_dir / "cifar10", split, 4, {"fine_label": [0, 1, 2, 3]}, image="image")
    assert refused("cifar10") == (
        "The train split of cifar10 has the columns image, fine_label, but img and label are needed.")


def test_cifar10_files_in_the_folder_of_cifar100(data_dir):
    for split in ("train", "test"):
        write(data_dir / "cifar100", split, 4, {"label": [0, 1, 2, 3]})
    assert refused("cifar100") == "The train split of cifar100 has the columns img, label, but fine_label is needed."


def test_a_missing_test_split(data_dir):
    write(data_dir / "cifar10", "train", 4, {"label": [0, 1, 2, 3]})
    assert refused("cifar10") == (
        f"The folder {data_dir}/cifar10 has train*.parquet but no test*.parquet: download both splits of "
        "uoft-cs/cifar10 into it.")


def test_a_truncated_file(data_dir):
    for split in ("train", "test"):
        write(data_dir / "cifar10", split, 4, {"label": [0, 1, 2, 3]})
    path = data_dir / "cifar10" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:-200])
    assert re.fullmatch(rf"The parquet files in {re.escape(str(data_dir))}/cifar10 cannot be read \(.+\): download "
                        r"them again from https://huggingface\.co/datasets/uoft-cs/cifar10\.", refused("cifar10"))


@pytest.mark.parametrize("split, labels, span", [
    ("train", [0, 1, 12, 3], "0 to 12"), ("test", [0, -1, 2, 9], "-1 to 9")])
def test_labels_out_of_range(data_dir, split, labels, span):
    for name in ("train", "test"):
        write(data_dir / "cifar10", name, 4, {"label": labels if name == split else [0, 1, 2, 3]})
    assert refused("cifar10") == f"The {split} split of cifar10 has labels from {span}; 0 to 9 are expected."


# --- absent ---------------------------------------------------------------------------------

ABSENT = ("The data set {name} is not on this machine and the Hugging Face hub cannot be reached: connect once (it "
          "then downloads by itself), or download the parquet files of uoft-cs/{name} from "
          "https://huggingface.co/datasets/uoft-cs/{name} and put them into {where}.")


@pytest.mark.parametrize("offline", [True, False], ids=["HF_HUB_OFFLINE", "unreachable"])
@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_absent_says_what_to_download_and_where_to_put_it(name, offline, monkeypatch, tmp_path):
    import datasets
    import huggingface_hub

    for module in (datasets.config, huggingface_hub.constants):
        monkeypatch.setattr(module, "HF_HUB_OFFLINE", offline)
    assert get("dataset", name).available() is None
    where = f"a folder <dir>/{name} and set UNLEARN_DATA_DIR=<dir>"
    assert refused(name) == ABSENT.format(name=name, where=where)
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(tmp_path / "nowhere"))
    assert refused(name) == ABSENT.format(name=name, where=tmp_path / "nowhere" / name)
    assert datasets.config.HF_HUB_OFFLINE is offline and huggingface_hub.constants.HF_HUB_OFFLINE is offline


def test_an_unreachable_hub_is_asked_once_and_not_retried(monkeypatch):
    """The library retries for 23 seconds unless it is told that it is offline."""
    import datasets

    told = []
    monkeypatch.setattr(datasets, "load_dataset", lambda name: told.append(datasets.config.HF_HUB_OFFLINE) or 1 / 0)
    refused("cifar10")
    assert told == [True]


def test_what_is_in_the_cache_is_available(tmp_path, monkeypatch):
    arrow = tmp_path / "cache" / "uoft-cs___cifar10" / "plain_text" / "0.0.0" / "abc" / "cifar10-train.arrow"
    arrow.parent.mkdir(parents=True)
    arrow.touch()
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    assert get("dataset", "cifar10").available() == "cache"
    assert get("dataset", "cifar100").available() is None
    assert get("dataset", "digits").available() == "embedded"


# --- the real one ---------------------------------------------------------------------------


def test_the_real_cifar10(real_data, monkeypatch):
    if not (real_data / "cifar10").is_dir():
        pytest.skip(f"no cifar10 in {real_data}")
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(real_data))
    data = load("cifar10")
    assert data.train.images.shape == (50_000, 32, 32, 3) and data.heldout.images.shape == (10_000, 32, 32, 3)
    assert data.train.labels.bincount().tolist() == [5_000] * 10
    assert data.heldout.labels.bincount().tolist() == [1_000] * 10
    means = data.train.images.float().mean(dim=(0, 1, 2)) / 255
    assert means.tolist() == pytest.approx(data.mean, abs=0.01)
    if not data.fingerprint.startswith("6b3d69b485a9"):
        pytest.skip("this is another copy of CIFAR-10 than the JPEG-compressed one that the Original was trained on")


# --- contents that no run can use ------------------------------------------------------------


def test_pictures_of_different_sizes(data_dir):
    mixed = [*pictures(3), pictures(1)[0][:31]]
    for split in ("train", "test"):
        write(data_dir / "cifar10", split, 4, {"label": [0, 1, 2, 3]}, mixed)
    assert refused("cifar10") == ("The pictures in the train split of cifar10 differ in size: all must have the same "
                                  "width and height.")


def test_a_split_without_rows(data_dir):
    write(data_dir / "cifar10", "train", 4, {"label": [0, 1, 2, 3]})
    write(data_dir / "cifar10", "test", 0, {"label": []})
    assert "cannot be read" in refused("cifar10") and "download them again" in refused("cifar10")
