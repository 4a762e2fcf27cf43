"""What a folder of a pretrained model holds, before ``transformers`` reads it: the right kind, all that is needed.

``transformers`` itself builds another kind of model without a word, gives every text the same tokens where the
tokenizer's files are absent, and draws weights that a file lacks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.system.paths import expanded

TOKENIZERS = (("tokenizer.json",), ("vocab.json", "merges.txt"), ("vocab.txt",))
FEWEST_KNOWN = 0.1  # of the tokens of texts: with fewer, texts are all alike to the model
OFFSET = 2  # the positions that RoBERTa keeps for padding


def wrong_with(folder: Path, kind: str | None, longest: int) -> str | None:
    """What keeps a folder from being read as a model of this kind, as the middle of a sentence; None where nothing."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return "its config.json is no JSON"
    if not isinstance(config, Mapping):
        return "its config.json is no JSON object"
    return _other_kind(config, kind) or _too_short(config, longest) or _no_tokenizer(folder) or _no_weights(folder)


def wrong_with_tokens(tokens: Any, tokenizer: Any, folder: Path) -> str | None:
    """What keeps a tokenizer from being the one of these weights, as the middle of a sentence; None where nothing."""
    import torch

    known = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("vocab_size")
    if isinstance(known, int) and tokens.numel() and int(tokens.max()) >= known:
        return (f"its tokenizer makes the token {int(tokens.max()):,}, but its weights know the tokens 0 to "
                f"{known - 1:,}")
    words = int((~torch.isin(tokens, torch.tensor(tokenizer.all_special_ids, dtype=tokens.dtype))).sum())
    unknown = int((tokens == tokenizer.unk_token_id).sum()) if tokenizer.unk_token_id is not None else 0
    if FEWEST_KNOWN * (words + unknown) > words or not words:
        return (f"its tokenizer knows {words:,} of the {words + unknown:,} tokens of these texts, so it is of another "
                "model")
    return None


def instead_of(variable: str, name: str) -> str:
    """What is in the folder that a model was looked for in, as a sentence to follow another; empty without one."""
    root = os.environ.get(variable)
    place = expanded(root) / name if root else None
    if place is None or not place.is_dir():
        return ""
    below = sorted(path.parent.name for path in place.glob("*/config.json"))
    inside = f"{below[-1]}/ with a config.json: move the files of that folder up" if below else (
        "no config.json: put the files there that save_pretrained writes")
    return f" {place} holds {inside}."


def _other_kind(config: Mapping[str, Any], kind: str | None) -> str | None:
    found = config.get("model_type")
    return f"its config.json is of a {str(found)[:40]!r} and not of a {kind!r}" if kind and found != kind else None


def _too_short(config: Mapping[str, Any], longest: int) -> str | None:
    positions = config.get("max_position_embeddings")
    needed = longest + (OFFSET if config.get("model_type") == "roberta" else 0)
    if isinstance(positions, int) and positions < needed:
        return f"it has {positions} positions, but {needed} are needed for texts of {longest} tokens"
    return None


def _no_tokenizer(folder: Path) -> str | None:
    if any(all((folder / name).is_file() for name in names) for names in TOKENIZERS):
        return None
    return "it holds no tokenizer: tokenizer.json is absent, and so are vocab.json with merges.txt, and vocab.txt"


def _no_weights(folder: Path) -> str | None:
    """Where there are no weights, or only a pickle that holds more than weights."""
    from engine.system.weight_files import SHARDED, WHOLE, read_weights

    if any((folder / name).is_file() for name in (WHOLE[0], SHARDED[0])):
        return None  # safetensors: transformers names what is damaged
    try:
        read_weights(folder)
    except BadInput as error:
        return str(error).removesuffix(".").replace(f"{folder}{os.sep}", "its ", 1).replace(str(folder), "it", 1)
    return None
