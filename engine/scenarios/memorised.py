"""The most, the medium or the least memorised samples: how hard forgetting is depends on it (Zhao et al. 2024)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.errors import Problem
from engine.scenarios._sizes import forget_count
from engine.types import Dataset, Scenario, Spec, parameter


@dataclass(frozen=True)
class Parameters:
    """Which samples, and by what."""

    stratum: str = parameter("high", choices=("high", "medium", "low"), group="main",
                             help="The most memorised samples, those nearest to the middle, or the least memorised.")
    by: str = parameter("best", choices=("best", "proxy"),
                        help="The scores from many models where they ship, else the proxy; or the proxy in any case.")


def select(data: Any, spec: Spec) -> Any:
    """So many samples of a stratum, int64 (F,); equal ones by their number. Raises NotMeasurable.

    The three strata of one size have no sample in common.
    """
    import torch

    chosen, count = Parameters(**spec.selection), forget_count(spec.fraction, len(data.train))
    return torch.from_numpy(data.ranks.stratum(chosen.stratum, count, proxy=chosen.by == "proxy"))


def problems(spec: Spec, dataset: Dataset) -> Iterable[Problem]:
    """Three strata have to fit into the training set."""
    most = dataset.train_size // 3 / dataset.train_size
    if 3 * forget_count(spec.fraction, dataset.train_size) > dataset.train_size:
        yield Problem.about("forget_fraction", f"is {spec.fraction:g}, but three strata have no sample in common: the "
                                               f"nearest valid value is {most:.3f}.")


SCENARIO = Scenario(
    name="memorised",
    title="samples by memorisation",
    summary="The most, medium or least memorised samples.",
    aim="They should be answered as a retrained model answers them.",
    source="Zhao et al. 2024, arXiv:2406.01257",
    select=select,
    parameters=Parameters,
    problems=problems,
    by_original=True,
    judged=lambda spec: "retrained",  # chosen samples are not like unseen ones
)
