"""Weights from a file or folder of somebody else, as tensors by name. Nothing that could run code is unpickled.

A file is judged by its first bytes, not by its name: safetensors, or what ``torch.save`` writes, which is read with
``weights_only=True`` alone. A folder is one of Hugging Face's, whole or in shards.
"""

from __future__ import annotations

import contextlib
import json
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import BadInput

INSIDE = ("state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights", "params", "module")
NO_WEIGHTS = ("optim", "lr_sched", "scheduler", "callbacks", "amp", "scaler", "ema_optim")  # how other parts begin
DEEPEST = 6
WHOLE = ("model.safetensors", "pytorch_model.bin")
SHARDED = tuple(f"{name}.index.json" for name in WHOLE)
SAVE_ALONE = "save the weights alone with torch.save(model.state_dict(), FILE) or as safetensors"
_ZIP, _PICKLE, _NAMED = b"PK\x03\x04", b"\x80", re.compile(r"(?:GLOBAL|[Cc]lass) (\S+)")


def read_weights(path: Path) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors of a file or folder by name, and what had to be opened to find them, a sentence each.

    Raises BadInput in one sentence that names the file and the mend.
    """
    try:
        if path.is_dir():
            return _folder(path), []
        content = _file(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or type(error).__name__}): name a file of weights or a "
                       "folder that save_pretrained wrote.") from error
    return _opened(content, path)


def refuse_special(path: Path) -> None:
    """Raises BadInput for a pipe, a socket or a device, which may be read for ever, and for what is no path."""
    try:
        strange = path.exists() and not (path.is_file() or path.is_dir())
    except (OSError, ValueError) as error:
        raise BadInput(f"The path {str(path)[:60]!r} cannot be looked at ({str(error)[:60]}): check it.") from error
    if strange:
        raise BadInput(f"{path} is a pipe or a device, which cannot be read as weights: name a file.")


def _file(path: Path) -> Any:
    """What a single file holds."""
    refuse_special(path)
    with path.open("rb") as file:
        head = file.read(9)
    if not head:
        raise BadInput(f"{path} is empty: copy it again.")
    named = len(head) == 9 and head[8:] == b"{"
    if named and int.from_bytes(head[:8], "little") < path.stat().st_size:  # its first byte may be that of a pickle
        return _safetensors(path)
    if head.startswith((_ZIP, _PICKLE)):
        return _of_torch(path)
    if named:
        return _safetensors(path)
    if head.lstrip()[:1] in (b"{", b"["):
        raise BadInput(f"{path} is JSON text and holds no weights: name the .safetensors or .pt file beside it.")
    raise BadInput(f"{path} is neither a safetensors file nor one that torch.save wrote: {SAVE_ALONE}.")


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, MemoryError) as error:
        raise BadInput(f"{path} is damaged ({_short(error)}): copy it again.") from error


def _of_torch(path: Path) -> Any:
    """What ``torch.save`` wrote, as far as it is plain values and tensors."""
    _refuse_packed(path)
    with path.open("rb") as file, warnings.catch_warnings():  # an open file: of a path torch would judge by its suffix
        warnings.simplefilter("ignore")
        try:
            return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as error:  # torch's readers raise nearly anything for damaged files
            raise _unreadable(path, error) from None


def _refuse_packed(path: Path) -> None:
    """Raises BadInput for a zip file whose parts are compressed: ``torch.save`` never does, a bomb would be."""
    with contextlib.suppress(zipfile.BadZipFile, ValueError), zipfile.ZipFile(path) as archive:
        if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
            raise BadInput(f"{path} is a compressed zip file and not what torch.save writes: unpack it and name the "
                           "file of weights inside.")


def _unreadable(path: Path, error: Exception) -> BadInput:
    """The refusal of a damaged file, or of one that names more than tensors; torch's advice to allow it is left out."""
    unpickling = type(error).__name__ == "UnpicklingError"
    if unpickling and (named := _NAMED.search(str(error))):
        return BadInput(f"{path} holds more than weights: {named[1][:80].rstrip('.,:')} could run code when it is "
                        f"read, so nothing of it was read. Where it was made, {SAVE_ALONE}.")
    if "TorchScript" in str(error):
        return BadInput(f"{path} is a TorchScript program, which could run code, so nothing of it was read: "
                        f"{SAVE_ALONE}.")
    why = "it is cut or changed" if unpickling or isinstance(error, OSError) else _short(error)
    return BadInput(f"{path} is damaged, or from another version of torch ({why}): copy it again, or {SAVE_ALONE}.")


# --- a folder --------------------------------------------------------------------------------


def _folder(folder: Path) -> dict[str, Tensor]:
    """The weights of a folder that ``save_pretrained`` wrote, safetensors first."""
    for whole, sharded in zip(WHOLE, SHARDED, strict=True):
        if (folder / whole).is_file():
            return _plain(_file(folder / whole), folder / whole)
        if (folder / sharded).is_file():
            return _shards(folder, folder / sharded)
    raise BadInput(f"{folder} holds none of {', '.join(WHOLE + SHARDED)}: {_instead(folder)}.")


def _instead(folder: Path) -> str:
    """What to do where a folder holds no weights of its own."""
    inside = sorted(path.parent.name for name in WHOLE + SHARDED for path in folder.glob(f"*/{name}"))
    if inside:
        return f"its folder {inside[-1]} does, so name that one"
    files = sorted(path.name for path in folder.iterdir() if path.suffix in (".safetensors", ".pt", ".pth", ".bin"))
    return f"it holds {', '.join(files[:5])}, so name that file" if files else "name a folder with weights"


def _shards(folder: Path, index: Path) -> dict[str, Tensor]:
    """All shards that an index names. Raises BadInput where one is absent, or names no file of this folder."""
    try:
        places = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        files = sorted(set(places.values()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(f"{index} is no index of shards ({_short(error)}): copy it again.") from error
    found: dict[str, Tensor] = {}
    for name in files:
        if not isinstance(name, str) or Path(name).name != name:
            raise BadInput(f"{index} names {str(name)[:80]!r}, which is no file of this folder: copy the folder again.")
        if not (folder / name).is_file():
            raise BadInput(f"{folder} lacks {name}, one of {len(files)} files that {index.name} names: copy it there.")
        found |= _plain(_file(folder / name), folder / name)
    return found


# --- what a file holds -----------------------------------------------------------------------


def _opened(content: Any, path: Path) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors of a checkpoint, which may lie under a name such as ``state_dict``, or further down.

    Raises BadInput where there is none, or where several names hold weights and none of them is a usual one.
    """
    places = dict(_places(content)) if isinstance(content, Mapping) else {}
    usual = [where for where in places if all(name in INSIDE for name in where)]
    if not places or (not usual and _tensors(content)):
        return _plain(content, path), []
    if len(places) > 1 and not usual:
        raise BadInput(f"{path} holds weights under {_named(places)}: save those of one of them with torch.save, or as "
                       "safetensors.")
    first = min(usual or places, key=lambda where: [INSIDE.index(name) for name in where] if usual else [])
    others = [where for where in places if where != first]
    left = [f"What lies under {_named(others)} is not used."] if others else []
    return places[first], [f"The weights lie under {'.'.join(first)[:100]!r} of the file.", *left]


def _places(content: Mapping[Any, Any], where: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every mapping of tensors by name below a mapping, by the names that lead to it; an optimiser's state is none."""
    for name, inside in content.items() if len(where) < DEEPEST else ():
        if not isinstance(name, str) or not isinstance(inside, Mapping) or name.lower().startswith(NO_WEIGHTS):
            continue
        if found := _tensors(inside):
            yield (*where, name), found
        else:
            yield from _places(inside, (*where, name))


def _tensors(content: Mapping[Any, Any]) -> dict[str, Tensor]:
    return {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}


def _named(places: Iterable[tuple[str, ...]]) -> str:
    """``'student' and 'teacher'``: where weights lie, at most three."""
    shown = [repr(".".join(where)[:60]) for where in places]
    more = [f"{len(shown) - 3} more"] if len(shown) > 3 else []
    return " and ".join([*shown[:3], *more])


def _plain(content: Any, path: Path) -> dict[str, Tensor]:
    """The tensors of a mapping. Raises BadInput where there is none."""
    if not isinstance(content, Mapping):
        raise BadInput(f"{path} holds a {type(content).__name__} and no weights by name: {SAVE_ALONE}.")
    found = _tensors(content)
    if not found:
        raise BadInput(f"{path} holds no tensors by name{_what(content)}: {SAVE_ALONE}.")
    return found


def _what(content: Mapping[Any, Any]) -> str:
    """``(it has state, param_groups)``: the names that are there instead."""
    names = [repr(name)[:40] for name in content]
    return f" (it has {', '.join(names[:4])}{', ...' if len(names) > 4 else ''})" if names else ""


def _short(error: Exception) -> str:
    """What a library says, for the middle of a sentence."""
    first = (str(error).strip().splitlines() or [""])[0].partition(". ")[0]
    return first[:120].rstrip(".: ") or type(error).__name__
