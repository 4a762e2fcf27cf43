"""Is it really gone? Many models at once: attacks on each sample, against what retrained models attain."""

from ui.evidence import page as evidence
from ui.frame import shell

shell.ensure(shell.EVIDENCE)

evidence.show()
