"""Measures over many models of one kind: pure functions on arrays, models down and samples across."""
