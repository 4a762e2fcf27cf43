"""Page Robustness."""
