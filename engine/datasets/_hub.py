"""Data sets of the Hugging Face hub: from a local folder, else through ``datasets`` from the hub or its cache.

The folder is ``$UNLEARN_DATA_DIR/<name>``. It may hold parquet files with the hub's own columns, also some folders
further down, a folder written by ``save_to_disk``, pictures in a folder a class, or CIFAR's batches for Python
(:mod:`engine.own.layouts`).
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import BadSource, DataMissing
from engine.own import cifar, pictures
from engine.own.layouts import look_into
from engine.own.opened import LABEL, PICTURE, of_dataset
from engine.own.opened import opened as read_layout
from engine.own.tables import Rows
from engine.system import hub
from engine.system.words import plural
from engine.types import Recipe

# Both CIFARs (docs/methods.md, "Data and the Original model").
CIFAR_RECIPE = Recipe(optimiser="sgd", learning_rate=0.1, momentum=0.9, weight_decay=5e-4, batch_size=256, epochs=50,
                      final_lr_fraction=0.001, augment=True)
OnProgress = Callable[[str, float], None]
FOLDERS = "UNLEARN_DATA_DIR"
_hub_flag = threading.Lock()
SIDE = 32  # pixels a side of both CIFARs
FEWEST = 2  # samples of a split


def place_of(name: str) -> Path | None:
    """``$UNLEARN_DATA_DIR/<name>`` where it is a folder that is not empty."""
    return hub.local_folder(FOLDERS, name, "*")


def available(name: str, hub_id: str) -> str | None:
    """Where the data would come from without a download: ``folder``, ``cache`` or None. Instant."""
    place = place_of(name)
    if place:
        with contextlib.suppress(BadSource):
            look_into(place)
            return "folder"
        return None
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

        pools[split] = _decode(splits, split, image, label, name, classes, decoded)
    return Data(name=name, classes=classes, train=pools["train"], heldout=pools["test"], mean=mean, std=std,
                origin=origin, augment=shift_and_flip)


def missing(name: str, hub_id: str) -> DataMissing:
    """The one sentence that says what to download and where to put it."""
    return DataMissing(
        f"The data set {name} is not on this machine and the Hugging Face hub cannot be reached: connect once "
        f"(it then downloads by itself), or download the parquet files of {hub_id} from "
        f"https://huggingface.co/datasets/{hub_id} and put them into {hub.where_to_put(FOLDERS, name)}."
        f"{hub.nearly(FOLDERS, name)}")


def opened(name: str, hub_id: str, config: str | None = None, splits: tuple[str, ...] = ("train", "test")) -> tuple[
        dict[str, Rows], str]:
    """These splits as tables, and where they came from; raises DataMissing."""
    import datasets

    local = place_of(name)
    if local:
        return _from_folder(local, hub_id, splits), f"folder {local.name}"
    with _offline_unless_reachable(hub_id):
        try:
            found = datasets.load_dataset(*((hub_id, config) if config else (hub_id,)))
        except Exception as error:
            raise missing(name, hub_id) from error
    return {split: of_dataset(found[split], split) for split in splits}, f"hub {hub_id}"


def _from_folder(local: Path, hub_id: str, splits: tuple[str, ...]) -> dict[str, Rows]:
    """These splits out of a folder. Raises DataMissing that says what the folder holds instead."""
    address = f"https://huggingface.co/datasets/{hub_id}"
    try:
        layout = look_into(local)
    except BadSource as error:
        raise DataMissing(f"{error} Or download the parquet files of {address} into it.") from error
    if absent := [split for split in splits if split not in layout.files]:
        ending = next(iter(layout.files.values()))[0].suffix
        pattern = f"{{}}*{ending}" if layout.kind == "tables" else "{}"
        names = " and no ".join(pattern.format(split) for split in absent)
        raise DataMissing(f"The folder {layout.root} has {pattern.format(next(iter(layout.files)))} but no {names}: "
                          f"download {'both' if len(splits) == 2 else 'all'} splits of {hub_id} into it.")
    try:
        return read_layout(replace(layout, files={split: layout.files[split] for split in splits}))
    except BadSource as error:
        reason = hub.first_line(error.__cause__) if isinstance(error.__cause__, Exception) else str(error).rstrip(".")
        what = "parquet files" if layout.kind == "tables" else "data"
        raise DataMissing(f"The {what} in {layout.root} cannot be read ({reason}): download them again from "
                          f"{address}.") from error


def downloaded(hub_id: str) -> Any:
    """All splits of any data set of the hub, from there or from the library's cache; raises DataMissing."""
    import datasets

    with _offline_unless_reachable(hub_id):
        try:
            return datasets.load_dataset(hub_id)
        except Exception as error:
            raise DataMissing(
                f"There is no file or folder {hub_id} on this machine, and the Hugging Face hub gave no data set of "
                f"that name ({hub.first_line(error)}): check the path or the id, connect, or download its "
                "files and name their folder."
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


def check_columns(rows: Rows, split: str, name: str, *needed: str) -> None:
    """Raises DataMissing where a split lacks a column, or has too few samples to be used."""
    absent = [column for column in needed if column not in rows.columns]
    if absent:
        raise DataMissing(f"The {split} split of {name} has the columns {', '.join(rows.columns)}, "
                          f"but {' and '.join(absent)} {'is' if len(absent) == 1 else 'are'} needed.")
    if len(rows) < FEWEST:
        raise DataMissing(f"The {split} split of {name} has {len(rows)} {plural(len(rows), 'sample')}, and at least "
                          f"{FEWEST} are needed: download it again.")


def _decode(splits: dict[str, Rows], split: str, image: str, label: str, name: str, classes: tuple[str, ...],
            report: Callable[[float], None]) -> Any:
    import torch

    from engine.data.images import Pool

    rows = splits[split]
    image, label = _columns(rows, image, label)
    check_columns(rows, split, name, image, label)
    labels = class_numbers(rows, split, label, name, classes)
    seen = pictures.seen(rows, image)
    if len(seen.sizes) > 1:
        raise DataMissing(_mixed(split, name))
    width, height = next(iter(seen.sizes), (pictures.USUAL, pictures.USUAL))  # arrays() says it where none can be read
    if width != height:
        raise DataMissing(f"The pictures in the {split} split of {name} have {width}x{height} pixels: they must be "
                          "square.")
    if seen.sizes and width != SIDE:
        raise DataMissing(f"The pictures in the {split} split of {name} have {width}x{height} pixels and not "
                          f"{SIDE}x{SIDE}: put those of {name} there, or add your own with python -m engine "
                          "add-dataset NAME FOLDER.")
    images, damaged = pictures.arrays(rows, image, width, report)
    if damaged:
        row, why = next(iter(damaged.items()))
        raise DataMissing(f"{len(damaged):,} of the {len(rows):,} pictures in the {split} split of {name} cannot be "
                          f"read ({rows.where(row)}: {why}): download it again.")
    report(1.0)
    return Pool(torch.from_numpy(images), torch.tensor(labels, dtype=torch.int64))


def _columns(rows: Rows, image: str, label: str) -> tuple[str, str]:
    """The hub's columns, or those that a folder of pictures and CIFAR's batches have."""
    return next((pair for pair in ((PICTURE, LABEL), (cifar.PIXELS_OF, cifar.LABEL)) if rows.columns == list(pair)),
                (image, label))


def class_numbers(rows: Rows, split: str, label: str, name: str, classes: tuple[str, ...]) -> list[int]:
    """The labels as numbers of these classes, which may be named. Raises DataMissing with the first that is none."""
    named = rows.names.get(label, ())
    order = [classes.index(one) for one in named] if set(named) == set(classes) else list(range(len(classes)))
    numbers = [class_number(value, classes, order) for value in rows.values(label)]
    for row, number in enumerate(numbers):
        if number is None:
            raise DataMissing(f"The {split} split of {name} has the label {rows.values(label, row, 1)[0]!r} "
                              f"({rows.where(row)}, column {label!r}); a number from 0 to {len(classes) - 1} or a "
                              f"class's name is expected, such as {classes[0]!r}.")
    found = [number for number in numbers if number is not None]
    low, high = min(found), max(found)
    if low < 0 or high >= len(classes):
        first = next(row for row, number in enumerate(found) if not 0 <= number < len(classes))
        raise DataMissing(f"The {split} split of {name} has labels from {low} to {high}; 0 to {len(classes) - 1} are "
                          f"expected (first: {rows.where(first)}).")
    return found


def class_number(value: Any, classes: tuple[str, ...], order: Sequence[int]) -> int | None:
    """A label, a number or a class's name, as a class's number; None where it is neither."""
    if isinstance(value, str):
        return classes.index(value) if value in classes else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value % 1:
        return None
    number = int(value)
    return order[number] if 0 <= number < len(order) else number


def _mixed(split: str, name: str) -> str:
    return f"The pictures in the {split} split of {name} differ in size: all must have the same width and height."
