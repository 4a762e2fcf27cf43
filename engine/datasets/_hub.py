"""Data sets through Hugging Face ``datasets``: from a local folder, else from the hub or its cache.

The folder is ``$UNLEARN_DATA_DIR/<name>`` and holds parquet files with the hub's own columns
(``train-*.parquet``, ``test-*.parquet``), exactly as they can be downloaded from the hub.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.errors import DataMissing
from engine.system import hub
from engine.types import Recipe

# Both CIFARs (docs/methods.md, "Data and the Original model").
CIFAR_RECIPE = Recipe(optimiser="sgd", learning_rate=0.1, momentum=0.9, weight_decay=5e-4, batch_size=256, epochs=50,
                      final_lr_fraction=0.001, augment=True)
OnProgress = Callable[[str, float], None]
FOLDERS = "UNLEARN_DATA_DIR"
_hub_flag = threading.Lock()
_CHUNK = 2_000


def folder(name: str) -> Path | None:
    """``$UNLEARN_DATA_DIR/<name>`` where it holds training parquet files."""
    return hub.local_folder(FOLDERS, name, "train*.parquet")


def available(name: str, hub_id: str) -> str | None:
    """Where the data would come from without a download: ``folder``, ``cache`` or None. Instant."""
    if folder(name):
        return "folder"
    kept = hub.cached("HF_DATASETS_CACHE", "datasets", f"{hub_id.replace('/', '___')}/**/*.arrow")
    return "cache" if kept else None


def load_images(name: str, hub_id: str, image: str, label: str, classes: tuple[str, ...], mean: tuple[float, ...],
                std: tuple[float, ...], on_progress: OnProgress | None = None) -> Any:
    """The data set as :class:`engine.data.images.Data`; raises DataMissing in one sentence where it is absent."""
    from engine.data.images import Data, shift_and_flip

    report = on_progress or (lambda text, fraction: None)
    report(f"Opening {name}", 0.0)
    splits, origin = opened(name, hub_id)
    pools = {}
    for split, start, share in (("train", 0.0, 0.8), ("test", 0.8, 0.2)):
        def decoded(f: float, start: float = start, share: float = share) -> None:
            report(f"Decoding {name}", start + share * f)

        pools[split] = _decode(splits, split, image, label, name, len(classes), decoded)
    return Data(name=name, classes=classes, train=pools["train"], heldout=pools["test"], mean=mean, std=std,
                origin=origin, augment=shift_and_flip)


def missing(name: str, hub_id: str) -> DataMissing:
    """The one sentence that says what to download and where to put it."""
    return DataMissing(
        f"The data set {name} is not on this machine and the Hugging Face hub cannot be reached: connect once "
        f"(it then downloads by itself), or download the parquet files of {hub_id} from "
        f"https://huggingface.co/datasets/{hub_id} and put them into {hub.where_to_put(FOLDERS, name)}.")


def opened(name: str, hub_id: str, config: str | None = None, splits: tuple[str, ...] = ("train", "test")) -> tuple[
        Any, str]:
    """These splits as ``datasets`` gives them, and where they came from; raises DataMissing."""
    import datasets

    local = folder(name)
    if local:
        files = {s: [str(p) for p in sorted(local.glob(f"{s}*.parquet"))] for s in splits}
        absent = [f"{s}*.parquet" for s in splits if not files[s]]
        if absent:
            raise DataMissing(f"The folder {local} has train*.parquet but no {' and no '.join(absent)}: download "
                              f"{'both' if len(splits) == 2 else 'all'} splits of {hub_id} into it.")
        try:
            return datasets.load_dataset("parquet", data_files=files), f"folder {local.name}"
        except Exception as error:  # datasets wraps what pyarrow raises in types of its own
            raise DataMissing(f"The parquet files in {local} cannot be read ({hub.first_line(error)}): "
                              f"download them again from https://huggingface.co/datasets/{hub_id}.") from error
    with _offline_unless_reachable(hub_id):
        try:
            return datasets.load_dataset(*((hub_id, config) if config else (hub_id,))), f"hub {hub_id}"
        except Exception as error:
            raise missing(name, hub_id) from error


def downloaded(hub_id: str) -> Any:
    """All splits of any data set of the hub, from there or from the library's cache; raises DataMissing."""
    import datasets

    with _offline_unless_reachable(hub_id):
        try:
            return datasets.load_dataset(hub_id)
        except Exception as error:
            raise DataMissing(
                f"The data set {hub_id} is neither a folder on this machine nor can it be had from the Hugging Face "
                f"hub ({hub.first_line(error)}): connect, check the name, or download its files and name their folder."
            ) from error


@contextlib.contextmanager
def _offline_unless_reachable(hub_id: str) -> Iterator[None]:
    """Tells the library that it is offline where the hub does not answer, so that it looks into its cache at once."""
    import datasets
    import huggingface_hub

    if hub.reachable("dataset", hub_id):
        yield
        return
    flags: tuple[Any, ...] = (datasets.config, huggingface_hub.constants)
    with _hub_flag:
        before = [module.HF_HUB_OFFLINE for module in flags]
        for module in flags:
            module.HF_HUB_OFFLINE = True
        try:
            yield
        finally:
            for module, value in zip(flags, before, strict=True):
                module.HF_HUB_OFFLINE = value


def check_columns(rows: Any, split: str, name: str, *needed: str) -> None:
    """Raises DataMissing where a split lacks a column."""
    absent = [column for column in needed if column not in rows.column_names]
    if absent:
        raise DataMissing(f"The {split} split of {name} has the columns {', '.join(rows.column_names)}, "
                          f"but {' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} needed.")


def _decode(splits: Any, split: str, image: str, label: str, name: str, classes: int,
            report: Callable[[float], None]) -> Any:
    import datasets
    import numpy as np
    import torch

    from engine.data.images import Pool

    rows = splits[split]
    check_columns(rows, split, name, image, label)
    rows = rows.select_columns([image, label]).cast_column(image, datasets.Image(mode="RGB"))
    labels = torch.tensor(np.asarray(rows.with_format("numpy")[label][:]), dtype=torch.int64)
    if not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise DataMissing(f"The {split} split of {name} has labels from {int(labels.min())} to {int(labels.max())}; "
                          f"0 to {classes - 1} are expected.")
    images = None
    for start in range(0, len(rows), _CHUNK):
        pictures = [np.asarray(picture) for picture in rows[start:start + _CHUNK][image]]
        if len({picture.shape for picture in pictures}) > 1:
            raise DataMissing(_mixed(split, name))
        chunk = np.stack(pictures)
        if images is None:
            images = np.empty((len(rows), *chunk.shape[1:]), dtype=np.uint8)
        if chunk.shape[1:] != images.shape[1:]:
            raise DataMissing(_mixed(split, name))
        images[start:start + len(chunk)] = chunk
        report((start + len(chunk)) / len(rows))
    return Pool(torch.from_numpy(images), labels)


def _mixed(split: str, name: str) -> str:
    return f"The pictures in the {split} split of {name} differ in size: all must have the same width and height."
