"""The kinds of data, one a file: what can be said of images, texts and points without loading any (engine.kind)."""
