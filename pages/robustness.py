"""How sensitive is it? A grid of two quantities, filled in live; click a square to see its runs."""

from ui.frame import shell
from ui.robustness import page as robustness

shell.ensure(shell.ROBUSTNESS)

robustness.show()
