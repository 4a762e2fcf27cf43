"""Who is exposed? The attacker's seat: one line over the losses, those it catches and those it accuses wrongly."""

from ui.frame import shell
from ui.inspect import page as seat

shell.ensure(shell.EXPOSED)

seat.show()
