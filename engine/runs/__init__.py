"""Runs: stored, queued, carried out, archived and looked up."""
