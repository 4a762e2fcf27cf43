"""What the numbers of a run come to, in a sentence or two. No page decides what is good."""

from __future__ import annotations

from typing import Any

DAMAGED = 10.0  # points of test accuracy lost, from which on a model counts as damaged
ATTACKERS = {"mia_loss": "by the loss", "mia_entropy": "by the entropy"}


def damage(metrics: dict[str, Any], original: dict[str, Any]) -> str | None:
    """A sentence where the model lost so much that an attack near 50% means nothing."""
    before, after = original["test_accuracy"], metrics["test_accuracy"]
    if before - after < DAMAGED:
        return None
    return (f"The model is damaged: its test accuracy fell from {before:.1f} to {after:.1f}%. A model that knows "
            "nothing cannot give anything away, so attacks near 50% are no success here.")


def verdict(metrics: dict[str, Any], bands: dict[str, Any]) -> str | None:
    """Each attack against what chance alone gives at these set sizes; None where there were too few samples."""
    said = []
    for name, how in ATTACKERS.items():
        score, band = metrics.get(name), bands.get(name)
        if score is None or band is None:
            continue
        span = f"{score:.1f}%, chance alone: {band[0]:.1f} to {band[1]:.1f}%"
        if score > band[1]:
            said.append(f"An attacker {how} still does better than chance ({span}).")
        elif score >= band[0]:
            said.append(f"An attacker {how} does no better than chance ({span}).")
        else:
            said.append(f"An attacker {how} does worse than a coin toss ({span}): the rule it learns on one part of "
                        "the samples does not carry over to the rest.")
    return " ".join(said) or None
