"""Values of which some may be unknown, and what a spec says of the field that it lacks."""

import pytest

from engine.system.known import all_known
from engine.types import Spec


def test_all_values_or_none():
    assert all_known([1, 0, 2]) == [1, 0, 2]
    assert all_known(iter([])) == []
    assert all_known([0.0, None]) is None


def test_a_spec_answers_with_the_field_that_it_goes_by():
    subset, of_class = Spec(forget_fraction=0.2), Spec(scenario="class", forget_fraction=None, forget_class=3)
    assert (subset.fraction, subset.forgotten) == (0.2, 0.2)
    assert (of_class.class_numbers, of_class.forgotten) == ((3,), 3)
    with pytest.raises(TypeError, match=r"^forget_fraction is None: the scenario 'class' forgets no fraction\.$"):
        _ = of_class.fraction
    with pytest.raises(TypeError, match=r"^forget_class is 'dog', but must be a number: resolve the spec first\.$"):
        _ = Spec(scenario="class", forget_class="dog").class_numbers
