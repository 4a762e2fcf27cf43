"""Unlearning methods. One file each; it binds ``METHOD``. Methods never import one another."""

FIRST = ("nabla_tau", "finetune", "retrain", "scrub", "ssd", "amnesiac")
