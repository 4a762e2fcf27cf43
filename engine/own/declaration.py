"""A person's data set as a TOML file: read strictly, written so that people can read it.

What is in no table says what the data are; ``[read]`` how they are read, ``[counts]`` and ``content`` what was found
when they were added, ``[recipe]`` how an Original is trained, ``[unlearning.METHOD]`` the defaults of methods.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import BadSource
from engine.kind import listed
from engine.own.kind import own_kinds
from engine.own.look import Choices
from engine.system.files import short_hash, write_whole
from engine.system.words import unknown
from engine.types import Recipe

FORMAT = 1
# Fields that came after results were kept: left out of what makes them where nobody uses them.
_LATER = ("points", "attributes")


@dataclass(frozen=True)
class Counts:
    """Samples a class of the training, the test and the validation set; the last is empty where there is none apart."""

    train: tuple[int, ...]
    test: tuple[int, ...]
    validation: tuple[int, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """What a TOML file says; ``content`` is the sha256 of the samples and labels as they were added."""

    title: str
    kind: str
    source: str
    classes: tuple[str, ...]
    model: str
    input_size: int
    content: str
    counts: Counts
    recipe: Recipe
    read: Choices = field(default_factory=Choices)
    summary: str = ""
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    unlearning: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    format: int = FORMAT

    @property
    def code(self) -> str:
        """What makes results of these data: what is read and how, wherever the files lie and whatever it is called."""
        read = asdict(dataclasses.replace(self.read, test=None))
        read = {name: value for name, value in read.items() if value not in (None, ()) or name not in _LATER}
        return short_hash({"content": self.content, "read": read, "classes": len(self.classes), "mean": self.mean,
                           "std": self.std})


def parse(text: str) -> Declaration:
    """The record of a file's text. Raises BadSource with every unknown key and bad value."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSource(f"it is no TOML ({error})") from error
    problems = list(_problems(content))
    if problems:
        raise BadSource("; ".join(problems))
    tables = {name: kind(**_tuples(content.get(name, {}))) for name, kind in _TABLES.items()}
    rest = {name: value for name, value in content.items() if name not in _TABLES}
    return Declaration(**_tuples(rest), **tables)


def load(path: Path) -> Declaration:
    """The record of a file. Raises BadSource that names the file."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, BadSource) as error:
        raise BadSource(f"{path} cannot be used: {error}. Fix it, or remove it with "
                        f"`python -m engine remove-dataset {path.stem}`.") from error


def save(path: Path, declaration: Declaration) -> None:
    write_whole(path, lambda temporary: temporary.write_text(to_toml(path.stem, declaration), encoding="utf-8"))


def to_toml(name: str, declaration: Declaration) -> str:
    """The text that :func:`parse` reads back."""
    values = {key: value for key, value in asdict(declaration).items() if value not in (None, (), {}, "")}
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping) and key != "unlearning"}
    tables |= {f"unlearning.{method}": value for method, value in declaration.unlearning.items()}
    lines = [f"# The data set {name}. Title, names of classes, recipe and methods' defaults may be edited; after other",
             f"# changes add it again: python -m engine add-dataset {name} SOURCE --replace"]
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for table, content in tables.items():
        head = ".".join(_key(part) for part in table.split("."))
        lines += ["", f"[{head}]", *(f"{_key(key)} = {_value(value)}" for key, value in content.items()
                                     if value not in (None, ()))]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _value(name)


def _value(value: Any) -> str:
    """A value as TOML; JSON's strings are TOML's, but for the sign DEL."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _problems(content: Mapping[str, Any]) -> Iterator[str]:
    """Everything that is wrong with a file's keys and values."""
    if content.get("format", FORMAT) != FORMAT:
        yield f"format is {content['format']!r}, but this version reads {FORMAT}: update the app"
        return
    yield from _wrong(content, Declaration, "")
    for name, kind in _TABLES.items():
        if isinstance(content.get(name), dict):
            yield from _wrong(content[name], kind, f"{name}.")
    if isinstance(unlearning := content.get("unlearning", {}), dict):
        yield from (f"unlearning.{method} is {value!r}, but must be a table" for method, value in unlearning.items()
                    if not isinstance(value, dict))
    yield from _contradictions(content)


def _wrong(content: Mapping[str, Any], kind: type, where: str) -> Iterator[str]:
    """Unknown and missing keys of a table, and values of another type than the record's."""
    fields = {one.name: one for one in dataclasses.fields(kind)}
    for name, value in content.items():
        if name not in fields:
            yield unknown("key", f"{where}{name}", [f"{where}{one}" for one in fields]).rstrip(".")
        elif wanted := _misfit(str(fields[name].type), value):
            yield f"{where}{name} is {value!r}, but must be {wanted}"
    for name, one in fields.items():
        if name not in content and one.default is one.default_factory is dataclasses.MISSING:
            yield f"{where}{name} is missing"


def _misfit(kind: str, value: Any) -> str | None:
    """What a value must be, where it is something else."""
    for name, (words, fits) in _KINDS.items():
        if kind.startswith(name):
            return None if fits(value) else words
    return None if isinstance(value, dict) else "a table"


def _contradictions(content: Mapping[str, Any]) -> Iterator[str]:
    """Where well-formed values do not belong together."""
    kinds = {kind.name: kind for kind in own_kinds()}
    kind = kinds.get(str(content.get("kind")))
    if content.get("kind") is not None and kind is None:
        yield f"kind is {content['kind']!r}, but must be {listed(map(repr, kinds))}"
    classes = content.get("classes")
    if not isinstance(classes, list):
        return
    if len(classes) < 2 or len(set(map(str, classes))) < len(classes):
        yield "classes must be at least two, and no two alike"
    counts = content.get("counts")
    for split, row in counts.items() if isinstance(counts, dict) else ():
        if isinstance(row, list) and row and len(row) != len(classes):
            yield f"counts.{split} has {len(row)} numbers for {len(classes)} classes"
    size = content.get("input_size")
    channels = kind.channels(size) if kind and isinstance(size, int) else None
    for name in ("mean", "std") if channels is not None else ():
        if isinstance(values := content.get(name, []), list) and len(values) != channels:
            yield f"{name} has {len(values)} numbers, but {channels} are needed"
    if isinstance(std := content.get("std", []), list) and any(isinstance(one, float) and not one > 0 for one in std):
        yield "std must be above 0"
    recipe = content.get("recipe")
    if isinstance(recipe, dict):
        yield from (f"recipe.{name} is {recipe[name]!r}, but must be above 0" for name in
                    ("learning_rate", "batch_size", "epochs") if isinstance(recipe.get(name), (int, float))
                    and not recipe[name] > 0)
        if recipe.get("optimiser") not in ("sgd", "adamw", None):
            yield f"recipe.optimiser is {recipe['optimiser']!r}, but must be 'sgd' or 'adamw'"


def _tuples(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in content.items()}


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def _list_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


# By the beginning of a field's annotation: what a value must be, in words and as a test.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "tuple[str": ("a list of texts", _list_of(_text)),
    "tuple[int": ("a list of whole numbers from 0", _list_of(lambda value: _whole(value) and value >= 0)),
    "tuple[float": ("a list of numbers", _list_of(_number)),
    "str": ("a text", _text),
    "Literal": ("a text", _text),
    "int": ("a whole number from 0", lambda value: _whole(value) and value >= 0),
    "float": ("a number", _number),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
}
_TABLES: dict[str, type[Any]] = {"counts": Counts, "recipe": Recipe, "read": Choices}
