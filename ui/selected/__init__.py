"""Page Compare selected: any two to twenty runs side by side."""
