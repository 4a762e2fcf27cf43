"""Scenarios: who is forgotten. One file each; it binds ``SCENARIO``. Scenarios never import one another."""

FIRST = ("random", "class", "listed", "matching")
