"""Six lessons: predict, run, compare, explain."""

from ui.frame import shell
from ui.learn import page as lessons

shell.ensure(shell.LEARN)

lessons.show()
