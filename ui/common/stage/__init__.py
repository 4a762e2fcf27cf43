"""A run as one moving picture, drawn and replayed in the browser: two humps, the numbers, the curves."""
