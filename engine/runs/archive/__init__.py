"""Runs as one portable file."""
