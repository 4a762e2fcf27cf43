"""Data sets. One file each; it binds ``DATASET``."""

FIRST = ("digits", "cifar10", "cifar100", "go_emotions", "moons", "blobs", "spirals")
