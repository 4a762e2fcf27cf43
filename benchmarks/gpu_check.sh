#!/bin/sh
# Runs the engine's tests and one CIFAR-10 run on CUDA; needs a GPU and the data (UNLEARN_DATA_DIR or the hub).
# Usage, from the repository's root: sh benchmarks/gpu_check.sh [python]
set -eu
PYTHON=${1:-.venv/bin/python}
"$PYTHON" -c 'import torch, sys; sys.exit(0 if torch.cuda.is_available() else "No CUDA device: nothing was checked.")'
UNLEARN_DEVICE=cuda:0 "$PYTHON" -m pytest tests/engine -q -p no:cacheprovider
UNLEARN_DEVICE=cuda:0 UNLEARN_HOME=$(mktemp -d) "$PYTHON" -m engine run --dataset cifar10 --forget-fraction 0.15 --json
