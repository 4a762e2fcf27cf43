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
    row = 1 + next(row for row, label in enumerate(labels) if not 0 <= label <= 9)
    assert refused("cifar10") == (f"The {split} split of cifar10 has labels from {span}; 0 to 9 are expected (first: "
                                  f"{split}-00000-of-00001.parquet, row {row}).")


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


@pytest.mark.long
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


def test_pictures_of_another_size_than_the_data_set_has(data_dir):
    for split in ("train", "test"):
        write(data_dir / "cifar10", split, 4, {"label": [0, 1, 2, 3]}, [one[:8, :8] for one in pictures(4)])
    assert refused("cifar10") == (
        "The pictures in the train split of cifar10 have 8x8 pixels and not 32x32: put those of cifar10 there, or add "
        "your own with python -m engine add-dataset NAME FOLDER.")


def test_a_split_without_rows(data_dir):
    write(data_dir / "cifar10", "train", 4, {"label": [0, 1, 2, 3]})
    write(data_dir / "cifar10", "test", 0, {"label": []})
    assert refused("cifar10") == ("The test split of cifar10 has 0 samples, and at least 2 are needed: download it "
                                  "again.")


def test_a_split_of_one_row(data_dir):
    write(data_dir / "cifar10", "train", 4, {"label": [0, 1, 2, 3]})
    write(data_dir / "cifar10", "test", 1, {"label": [0]})
    assert refused("cifar10") == "The test split of cifar10 has 1 sample, and at least 2 are needed: download it again."


def test_labels_as_words_and_names_in_another_order(data_dir):
    for split in ("train", "test"):
        write_texts(data_dir / "cifar10", split, ["cat", "airplane", "truck", "dog"])
    assert load("cifar10").train.labels.tolist() == [3, 0, 9, 5]
    write_texts(data_dir / "cifar10", "test", ["cat", None, "truck", "dog"])
    assert refused("cifar10") == (
        "The test split of cifar10 has the label None (test-00000-of-00001.parquet, row 2, column 'label'); a number "
        "from 0 to 9 or a class's name is expected, such as 'airplane'.")


def write_texts(folder, split, labels):
    import datasets

    rows = datasets.Dataset.from_dict({"img": list(map(as_image, pictures(4))), "label": labels})
    folder.mkdir(parents=True, exist_ok=True)
    rows.cast_column("img", datasets.Image()).to_parquet(folder / f"{split}-00000-of-00001.parquet")


def as_image(pixels):
    from PIL import Image

    return Image.fromarray(pixels)


def test_classes_numbered_in_another_order(data_dir):
    import datasets

    names = [*reversed(get("dataset", "cifar10").classes)]
    for split in ("train", "test"):
        features = datasets.Features({"img": datasets.Image(), "label": datasets.ClassLabel(names=names)})
        content = {"img": list(map(as_image, pictures(3))), "label": [0, 9, 4]}
        rows = datasets.Dataset.from_dict(content, features=features)
        (data_dir / "cifar10").mkdir(parents=True, exist_ok=True)
        rows.to_parquet(data_dir / "cifar10" / f"{split}.parquet")
    assert load("cifar10").train.labels.tolist() == [9, 0, 5]


# --- other layouts ---------------------------------------------------------------------------


def test_a_snapshot_of_the_hub_has_its_files_further_down(data_dir):
    for split in ("train", "test"):
        write(data_dir / "cifar10" / "plain_text", split, 4, {"label": [0, 1, 2, 3]}, classes=10)
    assert get("dataset", "cifar10").available() == "folder" and load("cifar10").train.labels.tolist() == [0, 1, 2, 3]
    for split in ("train", "test"):
        (data_dir / "cifar100" / "cifar100" / split).mkdir(parents=True)
        write(data_dir / "there", split, 4, {"fine_label": [0, 1, 2, 99]})
        (data_dir / "there" / f"{split}-00000-of-00001.parquet").rename(
            data_dir / "cifar100" / "cifar100" / split / "0000.parquet")
    assert load("cifar100").heldout.labels.tolist() == [0, 1, 2, 99]


def test_a_saved_data_set_and_pictures_in_a_folder_a_class(data_dir):
    import datasets

    rows = datasets.Dataset.from_dict({"img": list(map(as_image, pictures(4))), "label": [3, 0, 9, 5]}).cast_column(
        "img", datasets.Image())
    datasets.DatasetDict({"train": rows, "test": rows}).save_to_disk(data_dir / "cifar10")
    saved = load("cifar10")
    assert saved.train.labels.tolist() == [3, 0, 9, 5] and (saved.train.images.numpy() == pictures(4)).all()
    for split in ("train", "test"):
        for name, pixels in zip(("apple", "worm", "sea"), pictures(3), strict=True):
            (data_dir / "cifar100" / split / name).mkdir(parents=True)
            as_image(pixels).save(data_dir / "cifar100" / split / name / "1.png")
    assert load("cifar100").train.labels.tolist() == [0, 71, 99]
    as_image(pictures(1)[0]).save(data_dir / "cifar100" / "test" / "sea" / "2.png")
    (data_dir / "cifar100" / "test" / "sea").rename(data_dir / "cifar100" / "test" / "seaa")
    assert refused("cifar100") == (
        "The test split of cifar100 has the label 'seaa' (seaa/1.png, column 'folder'); a number from 0 to 99 or a "
        "class's name is expected, such as 'apple'.")


def test_the_batches_for_python(data_dir):
    import pickle

    folder = data_dir / "cifar10" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        planes = pictures(3).transpose(0, 3, 1, 2).reshape(3, 3072)
        (folder / name).write_bytes(pickle.dumps({b"labels": [7, 8, 9], b"data": planes}, 2))
    data = load("cifar10")
    assert data.train.labels.tolist() == [7, 8, 9] * 5 and (data.heldout.images.numpy() == pictures(3)).all()


def test_half_of_the_shards_is_refused_and_half_of_the_pixels_too(data_dir):
    for split in ("train", "test"):
        write(data_dir / "cifar10", split, 4, {"label": [0, 1, 2, 3]})
    whole = data_dir / "cifar10" / "train-00000-of-00001.parquet"
    whole.rename(whole.with_name("train-00000-of-00002.parquet"))
    assert get("dataset", "cifar10").available() is None
    assert refused("cifar10").startswith(f"{data_dir}/cifar10 has train-00000-of-00002.parquet, but "
                                         "train-00001-of-00002.parquet of the same 2 parts is missing")


def test_what_the_folder_holds_instead(data_dir):
    (data_dir / "cifar10").mkdir(parents=True)
    assert "is not on this machine and the Hugging Face hub cannot be reached" in refused("cifar10")  # it is empty
    for number in range(2):
        as_image(pictures(1)[0]).save(data_dir / "cifar10" / f"{number}.png")
    assert refused("cifar10") == (
        f"{data_dir}/cifar10 holds 2 PNG files and no data that can be read: give a folder of pictures with a folder a "
        "class, a parquet, CSV, JSON lines or arrow file with a column of labels, or a folder written by "
        "save_to_disk. The pictures lie side by side: move those of each class into a folder with its name. Or "
        "download the parquet files of https://huggingface.co/datasets/uoft-cs/cifar10 into it.")


def test_a_folder_with_brackets_in_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLEARN_DATA_DIR", str(tmp_path / "v2 [old]"))
    for split in ("train", "test"):
        write(tmp_path / "v2 [old]" / "cifar10", split, 4, {"label": [0, 1, 2, 3]})
    assert len(load("cifar10").train) == 4


def test_a_file_that_comes_while_the_process_runs_is_noticed(data_dir, no_caches):
    from engine.originals.workbench import load_data

    for split in ("train", "test"):
        write(data_dir / "cifar10", split, 4, {"label": [0, 1, 2, 3]})
    record, cpu = get("dataset", "cifar10"), torch.device("cpu")
    assert len(load_data(record, {}, cpu).train) == 4
    write(data_dir / "other", "train", 5, {"label": [0, 1, 2, 3, 4]})
    (data_dir / "other" / "train-00000-of-00001.parquet").rename(data_dir / "cifar10" / "train-more.parquet")
    assert len(load_data(record, {}, cpu).train) == 9


def test_integers_in_place_of_pictures_and_damaged_ones(data_dir):
    import pyarrow as pa
    from pyarrow import parquet

    planes = pictures(4).transpose(0, 3, 1, 2).reshape(4, 3072).tolist()
    (data_dir / "cifar10").mkdir(parents=True)
    for split in ("train", "test"):
        parquet.write_table(pa.table({"img": planes, "label": [0, 1, 2, 3]}), data_dir / "cifar10" / f"{split}.parquet")
    assert (load("cifar10").train.images.numpy() == pictures(4)).all()
    parquet.write_table(pa.table({"img": [*planes[:3], planes[0][:100]], "label": [0, 1, 2, 3]}),
                        data_dir / "cifar10" / "test.parquet")
    assert refused("cifar10") == ("The pictures in the test split of cifar10 differ in size: all must have the same "
                                  "width and height.")
    parquet.write_table(pa.table({"img": [b"no", b"no"], "label": [0, 1]}), data_dir / "cifar10" / "test.parquet")
    assert refused("cifar10") == ("2 of the 2 pictures in the test split of cifar10 cannot be read (test.parquet, "
                                  "row 1: it is no picture): download it again.")


# --- labels of comments ----------------------------------------------------------------------


def comments(data_dir, labels, texts=None):
    import pyarrow as pa
    from pyarrow import parquet

    (data_dir / "go_emotions").mkdir(parents=True, exist_ok=True)
    texts = texts or [f"comment {number}" for number in range(len(labels))]
    for split in ("train", "test", "validation"):
        parquet.write_table(pa.table({"text": texts, "labels": labels}), data_dir / "go_emotions" / f"{split}.parquet")


def many(reading="single"):
    return get("dataset", "go_emotions").load({"labels": reading})


@pytest.mark.parametrize("labels", [[[3], [27]], [3, 27], [["annoyance"], ["neutral"]], [[3, 3], [27]]])
def test_labels_of_comments_as_lists_numbers_or_names_each_once(data_dir, labels):
    comments(data_dir, labels)
    assert many().train.labels.tolist() == [3, 27]


@pytest.mark.parametrize("labels, said", [
    ([[3], [28]], "labels [28] (train.parquet, row 2)"), ([[3], []], "labels [] (train.parquet, row 2)"),
    ([None, [3]], "labels None (train.parquet, row 1)"),
    ([["angr"], ["joy"]], "labels ['angr'] (train.parquet, row 1)")])
def test_labels_of_comments_that_are_none(data_dir, labels, said):
    comments(data_dir, labels)
    with pytest.raises(DataMissing) as caught:
        many()
    assert str(caught.value) == (
        f"The train split of go_emotions has the {said}; numbers from 0 to 27 or names such as 'admiration' are "
        "expected: download it again from https://huggingface.co/datasets/google-research-datasets/go_emotions.")


def test_comments_with_several_labels_each_and_without_a_text(data_dir):
    comments(data_dir, [[1, 2]] * 5)
    with pytest.raises(DataMissing) as caught:
        many()
    assert str(caught.value) == ("Of the 5 comments in the train split of go_emotions 0 have exactly one label, and at "
                                 "least 2 are needed: use labels=several.")
    assert many("several").train.targets.sum().item() == 10
    comments(data_dir, [[1], [2]], ["words", None])
    with pytest.raises(DataMissing) as caught:
        many()
    assert str(caught.value) == ("The train split of go_emotions has the text None (train.parquet, row 2): download it "
                                 "again.")


def test_an_infinite_label_is_named(data_dir):
    for split in ("train", "test"):
        write_texts(data_dir / "cifar10", split, [0.0, 1.0, float("inf"), 3.0])
    assert refused("cifar10") == (
        "The train split of cifar10 has the label inf (train-00000-of-00001.parquet, row 3, column 'label'); a number "
        "from 0 to 9 or a class's name is expected, such as 'airplane'.")


def test_tables_of_another_ending_without_a_test_split(data_dir):
    (data_dir / "cifar10").mkdir(parents=True)
    (data_dir / "cifar10/train.csv").write_text("img,label\na.png,1\nb.png,2\n")
    assert refused("cifar10") == (f"The folder {data_dir}/cifar10 has train*.csv but no test*.csv: download both "
                                  "splits of uoft-cs/cifar10 into it.")


def test_a_folder_of_almost_that_name(data_dir):
    (data_dir / "CIFAR-10").mkdir(parents=True)
    assert refused("cifar10").endswith(f"{data_dir}/cifar10. {data_dir} holds a folder CIFAR-10: rename it to cifar10.")
