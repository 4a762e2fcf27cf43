"""Loaded data on a device: images, texts, what outputs are held against, index sets, batches."""
