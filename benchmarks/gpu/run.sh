#!/bin/sh
# Runs the plan of benchmarks/gpu/plan.py on a machine with a card; what is done already is skipped.
# Usage, from the repository's root: sh benchmarks/gpu/run.sh [python]
# OUT: where results go (gpu-results). KIT_WORK: what a second call continues from. KIT_SECONDS: for all steps together.
# KIT_TINY=1 rehearses with tiny budgets; UNLEARN_DEVICE=cpu does so without a card.
set -eu
PYTHON=${1:-python3}
KIT=${KIT:-kit}
export OUT="${OUT:-gpu-results}" KIT_WORK="${KIT_WORK:-/tmp/unlearning-kit}" KIT_SECONDS="${KIT_SECONDS:-450}"
export UNLEARN_HOME="$KIT_WORK/home" PYTHONUNBUFFERED=1 OPENBLAS_NUM_THREADS=1 PYTORCH_NVML_BASED_CUDA_CHECK=1 CUBLAS_WORKSPACE_CONFIG=:4096:8
export HF_HUB_OFFLINE=1 TRANSFORMERS_OFFLINE=1 # nothing is fetched, so no step waits for an answer
mkdir -p "$OUT" "$KIT_WORK" "$UNLEARN_HOME"
if ls "$KIT"/wheels/*.whl >/dev/null 2>&1; then
  [ -d "$KIT_WORK/site" ] || "$PYTHON" -m pip install --quiet --no-index --no-deps --no-compile --no-cache-dir \
    --target "$KIT_WORK/site" "$KIT"/wheels/*.whl
  export PYTHONPATH="$KIT_WORK/site${PYTHONPATH:+:$PYTHONPATH}"
fi
if [ -d "$KIT/data" ]; then
  [ -f "$KIT_WORK/data/unpacked" ] || "$PYTHON" -m benchmarks.gpu.unpack "$KIT/data" "$KIT_WORK/data"
  export UNLEARN_DATA_DIR="$KIT_WORK/data"
fi
exec "$PYTHON" -m benchmarks.gpu.runner
