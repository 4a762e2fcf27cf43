"""What agreement comes to, by hand: beside two retrained models, and where it cannot tell."""

from __future__ import annotations

import pytest

from engine.studies.likeness_asked import agreement_said, tells


def one(mine, most, before, count=100):
    shares = {"unlearned_retrained": mine, "attainable": most, "original_retrained": before}
    agreed = {pair: {"share": share} for pair, share in shares.items() if share is not None}
    return {"count": count, "agreement": agreed}


@pytest.mark.parametrize("found, said", [
    (one(75, 90, 70), "Farther from the retrained model (75.0%) than another retrained one (90.0%)."),
    (one(85, 90, 70), "As near to the retrained model (85.0%) as another retrained one (90.0%)."),
    (one(85, 90, 85), "Cannot tell here: the Original already agrees with the retrained model on 85.0%, about as much "
                      "as another retrained model does (90.0%)."),
    (one(75, None, 70), "Without a second retrained model it is not known what is attainable.")])
def test_agreement_in_words(found, said):
    """Of 100 samples two standard errors are 9.3 points at 85 and 90, 10.5 at 75 and 90, 11.0 at 70 and 90."""
    assert agreement_said(found) == said


def test_more_samples_tell_what_fewer_cannot():
    assert agreement_said(one(85, 90, 85, 1000)).startswith("Farther from the retrained model (85.0%)")


def test_a_layer_tells_where_the_original_is_less_alike_than_another_retrained_model():
    layers = {"cka": {"attainable": {"a": 0.9, "b": 0.9, "c": None},
                      "original_retrained": {"a": 0.8, "b": 0.9, "c": 0.1}}}
    assert [tells(layers, name) for name in "abcd"] == [True, False, False, False]
