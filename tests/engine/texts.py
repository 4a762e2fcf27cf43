"""A GoEmotions in miniature, a tiny RoBERTa with its tokenizer, and tasks on both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = {0: "wonderful great lovely", 2: "terrible angry awful", 17: "happy glad sunny", 27: "table window street"}
SIZES = {"train": 240, "test": 80, "validation": 60}


def rows(split: str) -> list[dict[str, Any]]:
    """Texts of words that tell their label; every sixth has two labels, every fifth is long."""
    made = []
    for number in range(SIZES[split]):
        label = list(WORDS)[number % 4]
        words = WORDS[label].split()
        text = " ".join([words[number % 3], "it is", words[number // 3 % 3], f"n{number % 37}"] +
                        ["and so on"] * (8 if number % 5 == 0 else 0))
        labels = sorted({label, 5}) if number % 6 == 0 else [label]
        made.append({"text": text, "labels": labels, "id": f"{split}{number}"})
    return made


def write_go_emotions(folder: Path) -> Path:
    """The three splits as the hub's parquet files under ``folder/go_emotions``; returns ``folder``."""
    import pandas as pd

    home = folder / "go_emotions"
    home.mkdir(parents=True)
    for split in SIZES:
        pd.DataFrame(rows(split)).to_parquet(home / f"{split}-00000-of-00001.parquet", index=False)
    return folder


def write_tiny_roberta(folder: Path) -> Path:
    """A random RoBERTa of two small layers and a tokenizer trained on these texts, as files."""
    import torch
    from tokenizers import ByteLevelBPETokenizer
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizerFast

    home = folder / "roberta_base"
    home.mkdir(parents=True)
    bpe = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    bpe.train_from_iterator([row["text"] for row in rows("train")], vocab_size=400, special_tokens=special)
    bpe.save(str(folder / "bpe.json"))
    RobertaTokenizerFast(tokenizer_file=str(folder / "bpe.json")).save_pretrained(home)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        RobertaModel(RobertaConfig(vocab_size=bpe.get_vocab_size(), hidden_size=16, num_hidden_layers=2, pad_token_id=1,
                                   num_attention_heads=2, intermediate_size=32, max_position_embeddings=48)
                     ).save_pretrained(home)
    return folder


def text_task(data: Any, model: str = "text_cnn", seed: int = 0) -> Any:
    """An unlearning task on the first training texts: 24 to forget, 72 to keep."""
    import torch

    from engine.data.splits import Split
    from engine.registry import get
    from engine.training.loop import Task
    from engine.training.networks import build_network

    record, cpu = get("model", model), torch.device("cpu")
    index = torch.arange(96)
    split = Split(index[:24], index[24:], torch.arange(80, 116), torch.arange(60))

    def fresh() -> Any:
        return build_network(record, len(data.classes), data.inputs, seed, cpu)

    return Task(model=fresh(), data=data, split=split, recipe=record.recipe_for(get("dataset", "go_emotions")),
                seed=seed, device=cpu, fresh=fresh)
