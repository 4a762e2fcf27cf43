"""Page Evidence."""
