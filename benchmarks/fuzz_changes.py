"""Values, bytes and words for ``benchmarks/fuzz.py``: what is hostile, and good content with hostile places in it."""

from __future__ import annotations

import functools
import io
import json
import random
from pathlib import Path
from typing import Any

DEEP: Any = []
for _ in range(600):
    DEEP = [DEEP]
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 3, 10**30, 10**400, -(10**18), 1e15, 1e308, -1e308, 0.5, -0.0, "", "x", "x" * 100_000,
    "\ud800", "\0", "a\nb", "../../x", "![x](http://127.0.0.1:9/a)", "<img src=x>", "nan", "1e999", "∇τ", [], {}, [1],
    [None], ["x"], {"x": 1}, {"": {}}, [[]], [0.0, 1.0], [1.0, None], {"mia_loss": None}, DEEP, float("nan"),
    float("inf"), "2026-01-01", "digits", "random", "class", "finished", "running", [0] * 5000]
WORDS = ["", "x", "-1", "0", "1", "1e999", "nan", "inf", "9" * 400, "9" * 5000, "x" * 100_000, "\udcff", "a b", "=",
         "a=", "=b", "a=b", "--", "-", "../x", "/etc/passwd", "/dev/null", "/proc/self/mem", "~nobody-here/x", "\n",
         "∇τ", "{", "[1",
         "None", "digits", "nabla_tau", "alpha=nan", "alpha=1", "class", "random", "listed", "0.15", "15%", "True",
         "last"]


def mutated(rng: random.Random, value: Any) -> Any:
    """A copy of a JSON value with one to three of its places changed, taken away or added to."""
    value = json.loads(json.dumps(value))
    for _ in range(rng.randint(1, 3)):
        value = _once(rng, value)
    return value


def _once(rng: random.Random, value: Any) -> Any:
    if isinstance(value, (dict, list)) and value and rng.random() < 0.85:
        name = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
        how = rng.random()
        if how < 0.12:
            del value[name]
        elif how < 0.18 and isinstance(value, dict):
            value[rng.choice(["x", "", "a" * 300, "run_id", "kind"])] = rng.choice(VALUES)
        else:
            value[name] = _once(rng, value[name])
        return value
    return json.loads(json.dumps(rng.choice(VALUES)))  # a copy, which may be changed


def flipped(rng: random.Random, content: bytes) -> bytes:
    """Bytes cut, flipped, doubled or replaced."""
    content, how = bytearray(content), rng.random()
    if how < 0.25:
        return bytes(content[:rng.randrange(len(content) + 1)])
    if how < 0.9:
        for _ in range(rng.choice([1, 1, 8, 200])):
            content[rng.randrange(len(content))] = rng.randrange(256)
        return bytes(content)
    return bytes(content) * 2 if how < 0.95 else rng.randbytes(rng.randrange(200))


PARAMETERS = ["run", "from", "original", "runs", "data", "dataset", "methods", "method", "seeds", "seed", "model",
              "find",
              "sort", "group", "columns", "lesson", "scenario", "forget", "class", "profile", "xs", "ys", "across",
              "down", "at", "hide", "relearn", "likeness", "alpha", "noise", "stranger", "present", "trials",
              "repeats", "metric"]


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def changed_events(rng: random.Random, content: bytes) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(content))
    rows = table.to_pylist()
    row = rng.choice(rows)
    if rng.random() < 0.9:
        row["payload"] = json.dumps(mutated(rng, json.loads(row["payload"])))
    else:
        row["seq"] = rng.choice([-1, 0, 2**31 - 1])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows, table.schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def changed_picture(rng: random.Random, content: bytes) -> bytes:
    if rng.random() < 0.6:
        return flipped(rng, content)
    return blank(rng.choice([(1, 1), (20_000, 20_000), (3000, 1), (13, 17)]))


@functools.cache
def blank(size: tuple[int, int]) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("1", size).save(buffer, "PNG")
    return buffer.getvalue()


def command_line(rng: random.Random, folder: Path) -> list[str]:
    """A command with a few options, whose values are hostile; what it exports goes into the folder."""
    word = lambda: rng.choice(WORDS)  # noqa: E731
    flags = ["--seed", "--dataset", "--method", "--model", "--scenario", "--forget-fraction", "--forget-class", "--set",
             "--option", "--select", "--forget-list", "--column", "--profile", "--json"]
    begin = rng.choice([["preview"], ["preview"], ["show"], ["list"], ["list", "runs"], ["roc"], ["delete"], ["tag"],
                        ["archive", "import"], ["archive", "export"], ["add-dataset", "x"], ["import-original"],
                        ["export-weights"], ["relearn"], ["compare-models"], [], ["nothing"]])
    words = begin + [word() for _ in range(rng.randint(0, 2))]
    for flag in rng.sample(flags, rng.randint(0, 3)):
        words += [flag] if flag == "--json" else [flag, word()]
    if begin[:2] == ["archive", "export"]:
        words = [one if not one.endswith(".zip") else str(folder / "out.zip") for one in words]
    return words
