"""Texts: what people write, read by way of tokens; loaded they are :mod:`engine.data.texts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.kind import Reader
from engine.own import guessing
from engine.own.kind import Found, OwnKind, Report
from engine.own.part import Part
from engine.own.sizes import SMALL, passes
from engine.own.tables import Rows
from engine.system.words import plural
from engine.types import Model, Recipe

COLUMNS = ("text", "sentence", "comment", "content", "review", "tweet", "document", "message", "body", "title")
WORDS = 40  # of a text that models read


class Texts(OwnKind):
    """Texts, read as tokens that a model makes of them."""

    name, noun, plural, unit = "text", "text", "texts", "words"
    like = "that has most words in common with it"
    has_words = True
    option, field, option_help = "--text COLUMN", "Column of texts", "the column of texts"

    def wrong_model(self, model: Reader) -> str | None:
        if model.prepare is not None:
            return None
        return "declares a text model without prepare(data), which gives it its tokens."

    def sure(self, rows: Rows, label: str | None) -> tuple[str, ...] | None:
        known = [column for column in _strings(rows, label) if column.lower() in COLUMNS]
        return (min(known, key=lambda column: guessing.place(column, COLUMNS)),) if known else None

    def likely(self, rows: Rows, label: str | None) -> tuple[str, ...] | None:
        varied = [column for column in _strings(rows, label) if len(guessing.some(rows, column)) > 1
                  and column.lower() not in guessing.LABELS]
        return (varied[0],) if len(varied) == 1 else None

    def read(self, splits: Mapping[str, Rows], columns: tuple[str, ...], size: int | None, report: Report) -> Found:
        found = {split: rows.values(columns[0]) for split, rows in splits.items()}
        bad = {split: {row: why for row, text in enumerate(texts) if (why := _no_text(text))}
               for split, texts in found.items()}
        lengths = sorted(len(text.split()) for split, texts in found.items() for row, text in enumerate(texts)
                         if row not in bad[split])
        long = sum(length > WORDS for length in lengths)
        notes = [f"{long:,} {plural(long, 'text')} {'is' if long == 1 else 'are'} longer than the {WORDS} words that "
                 "models read: their ends are not used."] if long else []
        if size:
            notes.append("--size is about pictures and has no effect on texts.")
        half = lengths[len(lengths) // 2] if lengths else 0
        measured = f"{lengths[0]} to {lengths[-1]} words, half have at most {half}" if lengths else "none"
        return Found(found, bad, measured, WORDS, notes)

    def content(self, sample: Any) -> bytes:
        encoded: bytes = sample.encode("utf-8", "surrogatepass")
        return encoded

    def joined(self, parts: Sequence[Part]) -> Any:
        return [text for part in parts for text in part.samples]

    def data(self, train: Part, heldout: Part, **about: Any) -> Any:
        from engine.data.texts import TextData

        return TextData(train=_pool(train), heldout=_pool(heldout), **about)

    def usual_model(self, input_size: int, train: int) -> str:
        return "text_cnn"

    def usual_recipe(self, train: int, model: Model | None, augment: bool) -> Recipe:
        batch_size = 32 if train < SMALL else 128
        if model is None or model.pretrained:
            return Recipe("adamw", learning_rate=5e-5, weight_decay=0.01, batch_size=batch_size, epochs=10,
                          final_lr_fraction=0.1)
        return Recipe("adamw", learning_rate=2e-3, weight_decay=0.01, batch_size=batch_size,
                      epochs=passes(train, 8, 30, 40_000), final_lr_fraction=0.1)

    def excerpt(self, part: Part, row: int, longest: int) -> Mapping[str, Any]:
        return {"text": part.samples[row][:longest]}


def _strings(rows: Rows, label: str | None) -> list[str]:
    return [column for column in rows.columns if column != label and isinstance(guessing.first(rows, column), str)]


def _no_text(text: Any) -> str | None:
    """Why a cell is no text, None where it is one."""
    if text is None:
        return "there is no text"
    if not isinstance(text, str):
        return f"its text is {str(text)[:40]!r}, a {type(text).__name__}"
    return None if text.strip() else "its text is empty"


def _pool(part: Part) -> Any:
    import torch

    from engine.data.texts import TextPool

    labels = torch.from_numpy(part.labels)
    return TextPool(tuple(part.samples), labels, labels)


KIND = Texts()
