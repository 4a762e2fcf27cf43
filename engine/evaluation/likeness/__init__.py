"""How alike two models are beyond equal accuracy: each measure a file, on arrays or modules, with its blind spot."""
