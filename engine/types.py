"""The records that components declare and the values that flow between the engine's parts, under one name.

Nothing here imports torch: declarations are read without waiting for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.attack import Attack as Attack
from engine.dataset import Dataset as Dataset
from engine.dataset import Option as Option
from engine.dataset import Recipe as Recipe
from engine.flow import ENDED as ENDED
from engine.flow import NAMED_SEEDS as NAMED_SEEDS
from engine.flow import PROFILES as PROFILES
from engine.flow import Forgotten as Forgotten
from engine.flow import Plan as Plan
from engine.flow import Progress as Progress
from engine.flow import Seeds as Seeds
from engine.flow import Sizes as Sizes
from engine.flow import Spec as Spec
from engine.flow import Status as Status
from engine.flow import TrainingState as TrainingState
from engine.hyperparameters import Auto as Auto
from engine.hyperparameters import Hyperparameter as Hyperparameter
from engine.hyperparameters import declared as declared
from engine.hyperparameters import parameter as parameter
from engine.method import Method as Method
from engine.model import Model as Model
from engine.scenario import Scenario as Scenario
from engine.terms import Term as Term


@dataclass(frozen=True)
class Setting:
    """What an automatic hyperparameter may depend on.

    Parameters
    ----------
    dataset : Dataset
        The data, as they are under the run's options.
    recipe : Recipe
        How the Original was trained.
    sizes : Sizes
        Samples in each set.

    Examples
    --------
    >>> from engine import Sizes
    >>> from engine.registry import get
    >>> digits = get("dataset", "digits")
    >>> Setting(digits, digits.recipe, Sizes(1000, 150, 850, 400, 400)).sizes.forget_fraction
    0.15
    """

    dataset: Dataset
    recipe: Recipe
    sizes: Sizes
