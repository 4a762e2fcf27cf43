"""Every run: find, group, tag, compare, hand on, delete."""

from ui.frame import shell
from ui.runs import table as run_table

shell.ensure(shell.RUNS)

run_table.show()
