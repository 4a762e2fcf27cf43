"""Checkpoints of other people, right ones and more than a hundred wrong ones, each made from a seed."""

from __future__ import annotations

import json
import os
import random
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch


class Code:
    """A pickle that would create the file ``ran`` when it is unpickled."""

    def __init__(self, ran: Path):
        self.ran = ran

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.ran}",)


def digits_weights() -> dict[str, torch.Tensor]:
    """The Original of the digits that ships, in float32."""
    from engine.originals.checkpoints import SHIPPED, Checkpoints, original_key
    from engine.spec import resolve
    from engine.types import Spec

    checkpoints = Checkpoints(SHIPPED, None)
    found = checkpoints.find(original_key(resolve(Spec())))
    assert found is not None
    return checkpoints.load(found)


def wrong_files(folder: Path, weights: dict[str, torch.Tensor], count: int = 120) -> Iterator[Path]:
    """``count`` files that are no checkpoint of the digits' small net, of twelve kinds in turn."""
    from safetensors.torch import save_file

    good, plain = folder / "good.pt", folder / "good.safetensors"
    torch.save(weights, good)
    save_file(weights, plain)
    kinds = (cut, flipped_header, other_shape, not_finite, foreign_names, with_code, text, empty, huge_header, noise,
             zipped, values)
    for number in range(count):
        rng = random.Random(number)
        path = folder / f"wrong{number}{rng.choice(['.pt', '.pth', '.safetensors', '.bin', ''])}"
        kinds[number % len(kinds)](rng, path, good, plain, weights)
        yield path


def cut(rng: random.Random, path: Path, good: Path, plain: Path, weights: dict[str, torch.Tensor]) -> None:
    whole = rng.choice([good, plain]).read_bytes()
    path.write_bytes(whole[:rng.randrange(1, len(whole) - 1)])


def flipped_header(rng: random.Random, path: Path, good: Path, plain: Path, weights: Any) -> None:
    whole = bytearray(plain.read_bytes())
    at = rng.randrange(8, 120)
    whole[at] = 1 + whole[at] % 30  # a control character, which JSON does not have
    path.write_bytes(whole)


def other_shape(rng: random.Random, path: Path, good: Path, plain: Path, weights: dict[str, torch.Tensor]) -> None:
    name = rng.choice([name for name, value in weights.items() if value.dim()])
    torch.save(weights | {name: torch.zeros(*weights[name].shape[:-1], weights[name].shape[-1] + 1)}, path)


def not_finite(rng: random.Random, path: Path, good: Path, plain: Path, weights: dict[str, torch.Tensor]) -> None:
    name = rng.choice([name for name, value in weights.items() if value.dim()])
    broken = weights[name].clone()
    broken.view(-1)[rng.randrange(broken.numel())] = rng.choice([float("nan"), float("inf"), -float("inf")])
    torch.save(weights | {name: broken}, path)


def foreign_names(rng: random.Random, path: Path, good: Path, plain: Path, weights: dict[str, torch.Tensor]) -> None:
    names = list(weights)
    gone = rng.sample(names, rng.randrange(1, len(names)))
    kept = {name: value for name, value in weights.items() if name not in gone or name.endswith("tracked")}
    torch.save(kept | {f"strange.{number}": torch.zeros(2) for number in range(rng.randrange(1, 9))}, path)


def with_code(rng: random.Random, path: Path, good: Path, plain: Path, weights: dict[str, torch.Tensor]) -> None:
    code = Code(path.parent / "ran")
    content = rng.choice([code, {"state_dict": weights, "args": code}, weights | {"extra": code}, [code]])
    torch.save(content, path, _use_new_zipfile_serialization=rng.random() < 0.5)


def text(rng: random.Random, path: Path, good: Path, plain: Path, weights: Any) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 45\n"
    path.write_text(rng.choice([json.dumps({"model": list(weights)}), "[1, 2]", "weights, please\n", "{", pointer]))


def empty(rng: random.Random, path: Path, good: Path, plain: Path, weights: Any) -> None:
    path.write_bytes(b"\0" * rng.choice([0, 0, 1, 7, 8, 9]))


def huge_header(rng: random.Random, path: Path, good: Path, plain: Path, weights: Any) -> None:
    size = rng.choice([2**63, 2**40, 10**9, 2**64 - 1])
    header = b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    path.write_bytes(struct.pack("<Q", size) + header + b"1234")


def noise(rng: random.Random, path: Path, good: Path, plain: Path, weights: Any) -> None:
    begin = rng.choice([b"", b"\x80\x02", b"\x80\x04", b"PK\x03\x04", b"\x08\0\0\0\0\0\0\0{"])
    path.write_bytes(begin + rng.randbytes(rng.randrange(1, 2_000)))


def zipped(rng: random.Random, path: Path, good: Path, plain: Path, weights: Any) -> None:
    with zipfile.ZipFile(path, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        archive.writestr(rng.choice(["archive/data.pkl", "a.txt"]), rng.choice([b"0" * 1_000_000, b"\x80\x02}q\0."]))


def values(rng: random.Random, path: Path, good: Path, plain: Path, weights: dict[str, torch.Tensor]) -> None:
    name = next(name for name, value in weights.items() if value.dim() > 1)
    torch.save(rng.choice([[1, 2], {}, {"epoch": 3}, torch.zeros(3), {1: torch.zeros(2)}, {"state_dict": {}}, "text",
                           weights | {name: torch.full_like(weights[name], 1e6)},
                           weights | {name: torch.zeros(1).expand(10**6, 10**6)},
                           weights | {name: weights[name].to_sparse()}, None,
                           weights | {name: weights[name].to(torch.complex64)}]), path)
