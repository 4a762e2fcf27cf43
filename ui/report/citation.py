"""What to cite with a result, as CITATION.cff has it (a test holds the two together)."""

from __future__ import annotations

from engine.system.version import __version__

PAPER = ("Daniel Trippa, Cesare Campagnano, Maria Sofia Bucarelli, Gabriele Tolomei, Fabrizio Silvestri. ∇τ: "
         "Gradient-based and Task-Agnostic machine Unlearning. 2024. https://arxiv.org/abs/2403.14339")
SOFTWARE = f"The authors of the Machine Unlearning Lab. Machine Unlearning Lab, version {__version__}."
