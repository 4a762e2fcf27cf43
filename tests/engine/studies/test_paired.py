"""Each sample's loss in one run and in another, by cases made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import BadInput
from engine.runs.records import Run
from engine.spec import resolve
from engine.studies.paired import in_both, paired, same_samples
from engine.types import Spec


def frame(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["set", "sample", "loss", "correct"])


ONE = frame(("forget", 3, 0.01, True), ("forget", 7, 0.5, True), ("test", 3, 1.0, False), ("retain", 9, 0.1, True))
OTHER = frame(("test", 3, 1.0, False), ("forget", 7, 5.0, False), ("forget", 3, 0.0, True), ("test", 4, 2.0, True))


def test_samples_are_paired_by_set_and_number():
    found = paired(ONE, OTHER)
    assert list(zip(found.sets, found.samples)) == [("forget", 3), ("forget", 7), ("test", 3)]
    assert found.losses[0].tolist() == [0.01, 0.5, 1.0] and found.losses[1].tolist() == [0.0, 5.0, 1.0]
    assert found.correct[0].tolist() == [True, True, False] and found.correct[1].tolist() == [True, False, False]
    assert found.apart.tolist() == pytest.approx([-4, 1, 0])  # a loss of 0 counts as 1e-6


def test_some_of_them_in_an_order():
    found = paired(ONE, OTHER).some(np.array([2, 0]))
    assert found.samples.tolist() == [3, 3] and found.sets.tolist() == ["test", "forget"] and len(found) == 2


@pytest.mark.parametrize("one, other, said", [
    (None, OTHER, "The first run has no table"), (ONE, None, "The second run has no table"),
    (None, None, "Neither run has a table")])
def test_a_run_without_a_table_is_named(one, other, said):
    with pytest.raises(BadInput, match="table of its samples") as caught:
        paired(one, other)
    assert str(caught.value) == f"{said} of its samples: run it again to get one."


def test_tables_without_a_sample_in_common():
    with pytest.raises(BadInput, match="no sample in common"):
        paired(ONE, frame(("forget", 99, 1.0, True)))


def run(split="s", data="d", **spec) -> Run:
    return Run("a", "finished", resolve(Spec(**spec)).spec, split=split, data=data)


def test_the_same_split_of_the_same_data():
    assert same_samples(run(), run()) and same_samples(run(data=None), run())
    assert not same_samples(run(), run(split="t")) and not same_samples(run(), run(data="e"))


def test_a_run_without_the_name_of_its_split_says_it_by_its_spec():
    assert same_samples(run(split=None), run(split=None, parameters={"alpha": 0.1}))
    assert not same_samples(run(split=None), run(split=None, seed=1))


class Digits:
    """A source of samples whose pictures are their numbers; training sample 7 is a 6, called an 8."""

    classes = tuple("0123456789")

    def shown(self, pool, number):
        return {"text": f"{pool} {number}"}

    def label(self, pool, number):
        return "8" if (pool, number) == ("train", 7) else "3"

    def truth(self, pool, number):
        return "6" if number == 7 else "3"


def test_a_sample_in_both_runs_with_its_true_label_and_both_answers():
    both = paired(ONE.assign(predicted=[3, 8, 1, 0]), OTHER.assign(predicted=[1, 6, 3, 0]))
    assert (both.sets[1], both.samples[1]) == ("forget", 7)
    found = in_both(both, 1, Digits())
    assert (found.shown, found.label, found.truth, found.false_label) == ({"text": "train 7"}, "8", "6", True)
    assert (found.said, found.right, found.losses) == (("8", "6"), (True, False), (0.5, 5.0))
    tested = in_both(both, 2, Digits())
    assert (tested.set, tested.shown, tested.truth, tested.said) == ("test", {"text": "heldout 3"}, None, ("1", "1"))


def test_of_an_older_run_only_a_right_answer_is_known():
    found = in_both(paired(ONE, OTHER.assign(predicted=[1, 6, 3, 0])), 1, Digits())
    assert found.said == ("8", "6") and in_both(paired(ONE, OTHER), 1, Digits()).said == ("8", None)
