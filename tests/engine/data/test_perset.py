"""One value for each set: what is there, in a fixed order, with the types that the engine uses."""

import dataclasses

import pytest
import torch

from engine.data.persets import PerSet
from engine.data.splits import Split
from engine.evaluation.measure import Readings
from engine.types import Sizes

WHOLE = PerSet("r", "f", "t", "u", validation="v")


def test_the_order_is_that_of_the_per_sample_table():
    assert list(WHOLE.items()) == [("retain", "r"), ("forget", "f"), ("test", "t"), ("validation", "v"),
                                   ("unseen", "u")]


def test_only_sets_that_are_there_are_listed_also_where_a_value_is_zero():
    assert list(PerSet(3, 0, 2).items()) == [("retain", 3), ("forget", 0), ("test", 2)]
    assert list(PerSet(3, 0, 2, 0).items())[-1] == ("unseen", 0)


def test_map_changes_every_value_and_leaves_out_what_is_not_there():
    assert WHOLE.map(str.upper) == PerSet("R", "F", "T", "U", validation="V")
    assert PerSet("aaa", "", "bb").map(len) == PerSet(3, 0, 2)


def test_nonmembers_are_the_unseen_samples_where_there_are_any():
    assert WHOLE.nonmembers == "u"
    assert PerSet("r", "f", "t", validation="v").nonmembers == "t"
    assert PerSet(3, 2, 1, 0).nonmembers == 0


def test_no_set_can_be_set_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        WHOLE.test = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        parts().test = torch.arange(1)


def parts(unseen=None):
    return Split(torch.arange(2), torch.arange(2, 7), torch.arange(3), torch.arange(3, 7), unseen)


def test_a_split_takes_forget_first_and_counts_its_sets():
    assert parts().forget.tolist() == [0, 1] and parts().retain.tolist() == [2, 3, 4, 5, 6]
    assert parts().validation.tolist() == [0, 1, 2] and parts().test.tolist() == [3, 4, 5, 6]
    assert parts().sizes == Sizes(7, 2, 5, 3, 4) and parts().sizes.unseen is None
    assert parts(torch.arange(6)).sizes == Sizes(7, 2, 5, 3, 4, 6)


def test_a_split_moves_as_a_whole_and_stays_a_split():
    moved = parts(torch.arange(6)).to(torch.device("meta"))
    assert type(moved) is Split
    assert {name: index.device.type for name, index in moved.items()} == dict.fromkeys(
        ["retain", "forget", "test", "validation", "unseen"], "meta")
    assert parts().to(torch.device("cpu")).unseen is None


def test_readings_and_splits_can_be_changed_in_one_set():
    assert type(dataclasses.replace(parts(), forget=torch.arange(1))) is Split
    assert len(dataclasses.replace(parts(), forget=torch.arange(1)).forget) == 1
    changed = dataclasses.replace(Readings("r", "f", "t", "u"), retain="whole")
    assert type(changed) is Readings and dict(changed.items()) == {"retain": "whole", "forget": "f", "test": "t",
                                                                    "unseen": "u"}
