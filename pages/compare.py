"""Which method forgets best? Choose methods and seeds; race them; read the table beside retraining and the paper."""

from ui.compare import page as compare
from ui.frame import shell

shell.ensure(shell.COMPARE)

compare.show()
