"""Page Unlearn."""
