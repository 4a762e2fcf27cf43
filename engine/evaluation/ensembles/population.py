"""The population attack on the same models: one threshold on phi for all samples, as the usual attack on one run has.

What U-LiRA finds beyond it is what an attacker gains who looks at each sample by itself (arXiv:2403.01218).
"""

from __future__ import annotations

from engine.evaluation.ensembles.areas import areas_per_model
from engine.evaluation.ensembles.outputs import Outputs
from engine.evaluation.ensembles.resampling import Mean, mean_over


def population(outputs: Outputs) -> Mean:
    """The area under each model's ROC curve of phi, forgotten against never seen, as a mean over models.

    Examples
    --------
    >>> from engine.evaluation.ensembles.outputs import FORGET, OUT
    >>> population(Outputs([[2.0, 1.0], [1.0, 2.0]], [[FORGET, OUT], [OUT, FORGET]])).value
    1.0
    """
    return mean_over(areas_per_model(outputs.phi, outputs.state), outputs.original_of)
