"""From a model to numbers: read-outs, metrics, distances, noise, verdicts, live readings."""
