"""Any two to twenty runs side by side: what differs, their numbers, curves and samples."""

from ui.frame import shell
from ui.selected import page as selected

shell.ensure(shell.SELECTED)

selected.show()
