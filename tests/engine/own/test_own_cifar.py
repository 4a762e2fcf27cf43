"""CIFAR's pickles are read as lists of constants: whatever else they would do is not done."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from engine.errors import BadSource
from engine.own.look import look
from engine.registry import get

NAMES = get("dataset", "cifar10").classes


def batch(seed: int, count: int = 12, order: str = "C", text: bool = False) -> tuple[dict, np.ndarray, list[int]]:
    rng = np.random.default_rng(seed)
    pixels = np.asarray(rng.integers(0, 256, (count, 3072), dtype=np.uint8), order=order)
    labels = [int(label) for label in rng.integers(0, 10, count)]
    content = {"batch_label": "training batch", "labels": labels, "data": pixels,
               "filenames": [f"{number}.png" for number in range(count)]}
    return content if text else {key.encode(): value for key, value in content.items()}, pixels, labels


def folder(tmp_path, protocol: int = 2, **more):
    parts = [(f"data_batch_{number}", batch(number, **more)) for number in range(1, 6)]
    parts.append(("test_batch", batch(6, **more)))
    for name, (content, _, _) in parts:
        (tmp_path / name).write_bytes(pickle.dumps(content, protocol))
    meta = {b"num_cases_per_batch": 12, b"label_names": [name.encode() for name in NAMES], b"num_vis": 3072}
    (tmp_path / "batches.meta").write_bytes(pickle.dumps(meta, protocol))
    return tmp_path, [content for _, content in parts]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("text", [False, True])
def test_every_protocol_and_order_of_storage(tmp_path, protocol, order, text):
    place, parts = folder(tmp_path, protocol, order=order, text=text)
    found = look(str(place))
    wanted = np.concatenate([pixels for _, pixels, _ in parts[:5]]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    assert np.array_equal(found.parts["train"].samples, wanted)
    assert found.parts["train"].labels.tolist() == [label for _, _, labels in parts[:5] for label in labels]
    assert found.parts["test"].labels.tolist() == parts[5][2]
    assert found.classes == NAMES and found.parts["train"].places[13] == "data_batch_2, row 2"


class Evil:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return open, (self.target, "w")


def test_code_in_a_pickle_is_not_run(tmp_path):
    place, _ = folder(tmp_path)
    content, _, labels = batch(1)
    (place / "data_batch_1").write_bytes(pickle.dumps({**content, b"zz": Evil(str(tmp_path / "ran"))}, 2))
    assert look(str(place)).parts["train"].labels[:12].tolist() == labels
    assert not (tmp_path / "ran").exists()
    pickle.loads((place / "data_batch_1").read_bytes())[b"zz"].close()
    assert (tmp_path / "ran").exists()  # the file would have run it


@pytest.mark.parametrize("content", [b"", b"nothing", pickle.dumps({b"labels": [1, 2]}, 2), pickle.dumps([0] * 9, 2),
                                     pickle.dumps(batch(1)[0], 2)[:20_000]])
def test_other_files_of_that_name_are_refused(tmp_path, content):
    place, _ = folder(tmp_path)
    (place / "data_batch_3").write_bytes(content)
    with pytest.raises(BadSource, match=r"data_batch_3 .*: unpack the archive again\."):
        look(str(place))


def test_a_missing_batch(tmp_path):
    place, _ = folder(tmp_path)
    (place / "data_batch_4").unlink()
    with pytest.raises(BadSource, match="has 4 of CIFAR-10's five files"):
        look(str(place))
