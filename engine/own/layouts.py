"""Looks into a folder and says what it found: pictures by class, tables, a saved data set, CIFAR's batches.

Only names are read here, so that the answer is instant. Files are told apart by their endings, splits by the words
``train``, ``test`` and ``validation`` in the names of files and folders. Where a folder itself holds nothing, the
folders in it are looked into: hubs and archives often put the data one folder down.
"""

from __future__ import annotations

import os
import re
import stat as stat_of
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from engine.errors import BadSource

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
FOREIGN = {".heic", ".heif", ".avif", ".jxl", ".svg", ".dng", ".cr2", ".nef", ".raw", ".dcm", ".psd"}
TABLES = {".parquet", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".arrow", ".feather"}
ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"}
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".npy", ".npz", ".mat", ".h5"}
SPLITS = ("train", "test", "validation")
_WORDS = {"train": "train", "training": "train", "test": "test", "testing": "test", "eval": "test",
          "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation"}
_SHARD = re.compile(r"^(.*)-(\d+)-of-(\d+)$")
_OF_DATASETS = ("state.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json")  # beside the data
_DEEPEST = 2  # folders down where nothing was found

Kind = Literal["pictures", "tables", "saved", "cifar"]


@dataclass(frozen=True)
class Layout:
    """What was found where: files by split, or for ``pictures`` the folders whose subfolders are the classes."""

    kind: Kind
    root: Path
    files: Mapping[str, tuple[Path, ...]]
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``CSV files``, ``pictures in a folder a class``."""
        if self.kind == "tables":
            return f"{_ending(next(iter(self.files.values()))[0])} files"
        return {"pictures": "pictures in a folder a class", "saved": "a folder written by save_to_disk",
                "cifar": "CIFAR's batches for Python"}[self.kind]


def look_into(place: Path) -> Layout:
    """What a file or folder holds. Raises BadSource, in a sentence that says what was found instead."""
    if place.is_file():
        return _of_file(place)
    if special(place):
        raise BadSource(f"{place} is a pipe or a device, which cannot be read as data: name a file or a folder.")
    if not place.is_dir():
        raise BadSource(f"There is no file or folder {place} on this machine: check the path.")
    try:
        if found := _somewhere(place):
            return found
    except OSError as error:
        raise BadSource(f"{place} cannot be looked into ({error.strerror or error}).") from error
    raise BadSource(f"{place} holds {holdings(place) or 'nothing'} and no data that can be read: give a folder of "
                    "pictures with a folder a class, a parquet, CSV, JSON lines or arrow file with a column of labels, "
                    f"or a folder written by save_to_disk.{_hint(place)}")


def holdings(place: Path) -> str:
    """``60 PNG files and 2 folders (a, b)``: what lies in a folder, for the middle of a sentence."""
    files = Counter(_ending(entry) for entry in _visible(place) if entry.is_file())
    folders = [entry.name for entry in _visible(place) if entry.is_dir()]
    parts = [f"{count:,} {ending} file{'s' if count > 1 else ''}" for ending, count in files.most_common(3)]
    if folders:
        named = ", ".join(folders[:3]) + (", ..." if len(folders) > 3 else "")
        parts.append(f"{len(folders):,} folder{'s' if len(folders) > 1 else ''} ({named})")
    return " and ".join(parts)


def split_of(name: str) -> str | None:
    """The split that a file's or a folder's name speaks of; ``train-00000-of-00001`` is train's."""
    words = (_WORDS.get(word) for word in re.split(r"[^a-z]+", name.lower()))
    return next((word for word in words if word), None)


def pictures_in(folder: Path) -> Iterator[Path]:
    """Every picture below a folder, in the order of their paths."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _hidden(name))
        yield from (path for name in sorted(files) if not _hidden(name)
                    and (path := Path(place, name)).suffix.lower() in PICTURES and not special(path))


def special(path: Path) -> bool:
    """Whether it is a pipe, a socket or a device, which may be read for ever; not where it cannot be looked at."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat_of.S_ISREG(mode) or stat_of.S_ISDIR(mode))


def stamp(place: Path) -> str:
    """What changes when a file at or below a place does: its name, size or time."""
    if place.is_file():
        return _seen(place, place.stat())
    lines = []
    for folder, folders, files in os.walk(place):
        folders.sort()
        lines += [_seen(Path(folder, name), os.stat(Path(folder, name))) for name in sorted(files)
                  if os.path.exists(Path(folder, name))]
    return "\n".join(lines)


def _seen(path: Path, state: os.stat_result) -> str:
    return f"{path} {state.st_size} {state.st_mtime_ns}"


def _of_file(place: Path) -> Layout:
    ending = place.suffix.lower()
    if place.name in _OF_DATASETS:
        raise BadSource(f"{place} describes a data set: name the folder {place.parent}.")
    if ending in TABLES:
        return Layout("tables", place.parent, {split_of(place.stem) or "train": (place,)})
    if ending in ARCHIVES:
        raise BadSource(f"{place} is an archive: unpack it, and name the folder that comes out.")
    if ending in PICTURES:
        raise BadSource(f"{place} is one picture: name the folder that holds a folder a class.")
    raise BadSource(f"{place} is a {_ending(place)} file, which cannot be read as data.{_conversion(ending)}")


def _conversion(ending: str) -> str:
    if ending in PICKLES:
        return (" Such files may run code when they are loaded, or have no names for their columns: write a parquet "
                "file where you trust it, for example with pandas.DataFrame({'text': texts, 'label': labels})"
                ".to_parquet('data.parquet').")
    return f" Readable: {', '.join(sorted(TABLES))} and folders."


def _hint(place: Path) -> str:
    """What to do about what a folder holds instead."""
    endings = {entry.suffix.lower() for entry in _visible(place) if entry.is_file()}
    if endings & PICTURES:
        return " The pictures lie side by side: move those of each class into a folder with its name."
    if endings & ARCHIVES:
        return " Unpack the archive first."
    inside = Counter(entry.suffix.lower() for folder in _folders(place) for entry in _visible(folder)
                     if entry.is_file())
    if foreign := [ending for ending, _ in inside.most_common() if ending in FOREIGN]:
        return (f" Its folders hold {inside[foreign[0]]:,} {foreign[0].lstrip('.').upper()} files, which are not read: "
                "convert them to PNG or JPEG.")
    return _conversion((endings & PICKLES).pop()) if endings & PICKLES else ""


def _somewhere(place: Path, depth: int = 0) -> Layout | None:
    """What a folder holds, or the folders in it; raises BadSource where there are two answers."""
    for read in _READERS:
        if found := read(place):
            return found
    if depth == _DEEPEST:
        return None
    below = [found for folder in _folders(place) if (found := _somewhere(folder, depth + 1))]
    if len(below) > 1:
        named = ", ".join(str(found.root) for found in below[:3])
        raise BadSource(f"{place} holds several sets of data ({named}): name one of these folders.")
    if not below:
        return None
    said = f"The data were found further down, in {below[0].root}."
    return below[0] if depth else replace(below[0], notes=(said, *below[0].notes))


def _saved(place: Path) -> Layout | None:
    """A folder written by ``save_to_disk``, of a ``DatasetDict`` or of a ``Dataset``."""
    if (place / "state.json").is_file() and (place / "dataset_info.json").is_file():
        return Layout("saved", place, {split_of(place.name) or "train": (place,)})
    if not (place / "dataset_dict.json").is_file():
        return None
    parts = {split_of(folder.name) or folder.name: (folder,) for folder in _folders(place)
             if (folder / "state.json").is_file()}
    return Layout("saved", place, *_known(parts)) if parts else None


def _cifar(place: Path) -> Layout | None:
    """``cifar-10-batches-py``, or ``cifar-100-python``."""
    ten = sorted(entry for entry in _visible(place) if re.fullmatch(r"data_batch_\d", entry.name))
    hundred = [place / "train"] if (place / "meta").is_file() and (place / "train").is_file() else []
    test = place / ("test_batch" if ten else "test")
    batches = {"train": tuple(ten or hundred), "test": (test,) if test.is_file() else ()}
    if not batches["train"]:
        return None
    if ten and len(ten) < 5:
        raise BadSource(f"{place} has {len(ten)} of CIFAR-10's five files data_batch_1 to data_batch_5: unpack the "
                        "archive again.")
    return Layout("cifar", place, {split: files for split, files in batches.items() if files})


def _pictures(place: Path, fewest: int = 2) -> Layout | None:
    """Folders of pictures, a class each, or such folders below ``train`` and ``test``."""
    splits = {split: folder for folder in _folders(place) if (split := split_of(folder.name))}
    if "train" in splits and len(_classes(splits["train"])) >= fewest:
        found = {split: (folder,) for split, folder in splits.items() if _classes(folder)}
        return Layout("pictures", place, found, _unused(place))
    if len(_classes(place)) < fewest:
        return None
    return Layout("pictures", place, {"train": (place,)}, _unused(place))


def _unused(place: Path) -> tuple[str, ...]:
    beside = [entry.name for entry in _visible(place) if entry.is_file() and entry.suffix.lower() in TABLES]
    return (f"{beside[0]} beside the folders is not used: the folders' names are the labels.",) if beside else ()


def _classes(place: Path) -> list[Path]:
    """The folders in a folder that hold a picture."""
    return [folder for folder in _folders(place) if next(pictures_in(folder), None)]


def _one_class(place: Path) -> Layout | None:
    return _pictures(place, fewest=1)


def _tables(place: Path) -> Layout | None:
    """Tables in a folder, or in its folders ``train`` and ``test``, of one ending; all shards must be there."""
    found = [entry for entry in _visible(place) if entry.is_file() and _is_table(entry)]
    for folder in _folders(place):
        if split_of(folder.name):
            found += [entry for entry in _visible(folder) if entry.is_file() and _is_table(entry)]
    by_split = {path: split_of(path.stem) or (split_of(path.parent.name) if path.parent != place else None)
                for path in found}
    if any(by_split.values()):
        strays = [path.name for path, split in by_split.items() if split is None]
        by_split = {path: split for path, split in by_split.items() if split}
    else:
        strays, by_split = [], dict.fromkeys(found, "train")
    if not by_split:
        return None
    _one_ending(place, list(by_split))
    _all_shards(list(by_split))
    files = {split: tuple(path for path, of in by_split.items() if of == split) for split in SPLITS}
    notes = (f"{', '.join(strays)} is not used: its name speaks of no split.",) if strays else ()
    return Layout("tables", place, {split: paths for split, paths in files.items() if paths}, notes)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in TABLES and path.name not in _OF_DATASETS


def _one_ending(place: Path, paths: list[Path]) -> None:
    endings = sorted({path.suffix.lower() for path in paths})
    if len(endings) > 1:
        raise BadSource(f"{place} holds data with the endings {', '.join(endings)}: name one file, or leave files of "
                        "one kind in the folder.")


def _all_shards(paths: list[Path]) -> None:
    """Raises BadSource where a name says ``00000-of-00002`` and another part of the two is not there."""
    there = {path.parent / path.stem for path in paths}
    for path in paths:
        if not (shard := _SHARD.match(path.stem)):
            continue
        begin, number, total = shard[1], shard[2], shard[3]
        for part in range(int(total)) if int(total) <= 10_000 else ():
            wanted = path.parent / f"{begin}-{part:0{len(number)}d}-of-{total}"
            if wanted not in there:
                raise BadSource(f"{path.parent} has {path.name}, but {wanted.name}{path.suffix} of the same "
                                f"{int(total)} parts is missing: copy all parts into the folder.")


def _known(parts: Mapping[str, tuple[Path, ...]]) -> tuple[dict[str, tuple[Path, ...]], tuple[str, ...]]:
    """The splits that are used, and a note on the others; one split alone is the training set whatever its name."""
    if len(parts) == 1:
        return {"train": next(iter(parts.values()))}, ()
    strange = [name for name in parts if name not in SPLITS]
    notes = (f"The split {', '.join(strange)} is not used.",) if strange else ()
    return {name: paths for name, paths in parts.items() if name in SPLITS}, notes


def _visible(place: Path) -> list[Path]:
    return sorted(entry for entry in place.iterdir() if not _hidden(entry.name))


def _folders(place: Path) -> list[Path]:
    return [entry for entry in _visible(place) if entry.is_dir()]


def _hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def _ending(path: Path) -> str:
    return path.suffix.lstrip(".").upper() or "nameless"


_READERS: tuple[Callable[[Path], Layout | None], ...] = (_saved, _cifar, _pictures, _tables, _one_class)
