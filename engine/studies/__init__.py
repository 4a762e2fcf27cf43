"""Many runs as one question: comparisons, sweeps, tables, heatmaps, the paper's tables."""
