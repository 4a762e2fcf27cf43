"""What the runs of a lesson came to: the truth beside each prediction, and what happened in words with numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Any

from engine.evaluation.measured import UNMEASURED, Metrics
from engine.evaluation.verdict import verdict_of
from engine.runs.records import Run
from ui.learn.records import Runs

FALLS, BREAKS, STAYS = ("An attacker is left with a coin toss, and the model still works",
                        "The model breaks: it fails on new samples too", "Nothing much changes")
OURS, THEIRS, OPEN = "∇τ is better", "Fine-tuning is better", "Nobody can tell from this"
SEEDS = (1, 2, 3)
T_QUANTILE = 4.303  # Student's t, 97.5%, for the mean of three differences
LOSS, ENTROPY = "mia_loss", "mia_entropy"


def original(run: Run) -> Metrics:
    """The numbers of the model before unlearning."""
    return now(run).original or UNMEASURED


def now(run: Run) -> Metrics:
    """The numbers of a finished run."""
    return run.metrics or UNMEASURED


def pct(value: Any) -> str:
    """``61.7%``; a dash where it was not measured."""
    return "–" if value is None else f"{value:.1f}%"


def chance(run: Run, attack: str) -> str:
    """``, inside the chance range of 43.1 to 57.3%``; nothing where there is none."""
    band, value = (now(run).null_band or {}).get(attack), now(run).get(attack)
    if band is None or value is None:
        return ""
    where = "inside" if band[0] <= value <= band[1] else "outside"
    return f", {where} the chance range of {band[0]:.1f} to {pct(band[1])}"


def memorised(runs: Runs) -> float:
    return float(original(runs["tau"])["test_accuracy"])


def memorised_words(runs: Runs) -> str:
    before = original(runs["tau"])
    return (f"On the samples it was trained on: {pct(before.get('forget_accuracy'))}. On samples it has never seen: "
            f"**{pct(before.get('test_accuracy'))}**. The same kind of pictures, the same share of wrong labels.")


def attacked(runs: Runs) -> float:
    return float(original(runs["tau"])[LOSS])


def attacked_words(runs: Runs) -> str:
    run = runs["tau"]
    return (f"The lab's tables count another rule, a logistic regression: {pct(original(run).get(LOSS))}, after "
            f"unlearning {pct(now(run).get(LOSS))}{chance(run, LOSS)}.")


def relearned(runs: Runs) -> float:
    return float(now(runs["retrain"])["forget_accuracy"])


def relearned_words(runs: Runs) -> str:
    there, mine = now(runs["retrain"]), now(runs["tau"])
    return (f"The retrained model names **{pct(there.get('forget_accuracy'))}** of them as their labels say, and "
            f"{pct(there.get('test_accuracy'))} of the test set. ∇τ, which never retrained, ends at "
            f"{pct(mine.get('forget_accuracy'))} and {pct(mine.get('test_accuracy'))}.")


def pushed(runs: Runs) -> str:
    found = verdict_of(runs["much"])
    return BREAKS if found and found.damaged else FALLS if found and found.kind == "forgotten" else STAYS


def pushed_words(runs: Runs) -> str:
    little, much, brake = (now(runs[key]) for key in ("little", "much", "tau"))
    return (f"Small steps: the attack stays at {pct(little.get(LOSS))}. Steps twenty times as large: the test accuracy "
            f"goes from {pct(original(runs['much']).get('test_accuracy'))} to **{pct(much.get('test_accuracy'))}**. "
            f"With the brake: test accuracy {pct(brake.get('test_accuracy'))}, attack {pct(brake.get(LOSS))}"
            f"{chance(runs['tau'], LOSS)}.")


def hidden(runs: Runs) -> float:
    return float(now(runs["labels"])[ENTROPY])


def hidden_words(runs: Runs) -> str:
    run = runs["labels"]
    return (f"The attack on the loss: {pct(now(run).get(LOSS))}{chance(run, LOSS)}{by_area(run, LOSS)}. The attack on "
            f"the entropy, same model, same samples: **{pct(now(run).get(ENTROPY))}**{chance(run, ENTROPY)}"
            f"{by_area(run, ENTROPY)}.")


def by_area(run: Run, attack: str) -> str:
    """``; by its ROC area 0.414, by chance at least 0.417, it finds them``: as the verdict reads the attack."""
    found = verdict_of(run)
    item = next((one for one in (found.evidence if found else ()) if one.name == attack), None)
    if item is None or now(run).get(f"{attack}_auc") is None:
        return ""
    if item.decisive is None:
        return "; its ROC area is within chance, too"
    area = item.decisive.metric == f"{attack}_auc"
    return f"; by its {item.decisive.words('ROC area', digits=3)}, it finds them" if area else ""


def distances(runs: Runs, method: str) -> list[float]:
    """How far the loss attack ends from a coin toss, in points, a seed each."""
    return [abs(float(now(runs[f"{method}{seed}"])[LOSS]) - 50.0) for seed in SEEDS]


def difference(runs: Runs) -> tuple[float, float]:
    """Mean over the seeds of ∇τ's distance less fine-tuning's, and half of its 95% interval; in points."""
    each = [mine - theirs for mine, theirs in zip(distances(runs, "tau"), distances(runs, "tune"), strict=True)]
    return fmean(each), T_QUANTILE * stdev(each) / sqrt(len(each))


def fairer(runs: Runs) -> str:
    mean, half = difference(runs)
    return OPEN if abs(mean) <= half else OURS if mean < 0 else THEIRS


def fairer_words(runs: Runs) -> str:
    mean, half = difference(runs)
    mine, theirs = (listed(distances(runs, method)) for method in ("tau", "tune"))
    return (f"Points from a coin toss with seeds 1, 2 and 3: ∇τ {mine}; fine-tuning {theirs}. The mean "
            f"difference, ∇τ less fine-tuning, is **{mean:+.1f} points**, and with three seeds its 95% interval is "
            f"{mean - half:+.1f} to {mean + half:+.1f}{': it holds zero' if abs(mean) <= half else ''}.")


def listed(values: Sequence[float]) -> str:
    """``0.7, 1.3 and 2.3``."""
    shown = [f"{value:.1f}" for value in values]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
