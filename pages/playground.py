"""See it in two dimensions: choose points to forget and watch the decision boundary move."""

from ui.frame import shell
from ui.playground import page as playground

shell.ensure(shell.PLAYGROUND)

playground.show()
