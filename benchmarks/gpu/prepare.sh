#!/bin/sh
# Collects in kit/ what has to travel to a machine with a card and no network: wheels that it lacks, and the data.
# Usage, from the repository's root: UNLEARN_DATA_DIR=/path/to/data sh benchmarks/gpu/prepare.sh [python]
# KIT_PYTHON: the Python there (3.12). KIT_WHEELS: the packages to collect. KIT_MOST: the most MiB that may travel (64).
set -eu
PYTHON=${1:-.venv/bin/python}
KIT=${KIT:-kit}
THERE=${KIT_PYTHON:-3.12}
WHEELS=${KIT_WHEELS-$(grep -i '^sqlalchemy==' requirements.txt)}
mkdir -p "$KIT/wheels" "$KIT/data"
rm -f "$KIT"/wheels/*.whl
for WHEEL in $WHEELS; do # one that fits every machine is smaller than one with compiled parts
  "$PYTHON" -m pip download --quiet --no-deps --only-binary=:all: --python-version "$THERE" --platform any \
    --dest "$KIT/wheels" "$WHEEL" 2>"$KIT/pip.log" ||
    "$PYTHON" -m pip download --quiet --no-deps --only-binary=:all: --python-version "$THERE" --implementation cp \
      --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --dest "$KIT/wheels" "$WHEEL" 2>>"$KIT/pip.log" || {
    cat "$KIT/pip.log" >&2
    echo "The wheel $WHEEL cannot be had for Python $THERE: name others in KIT_WHEELS." >&2
    exit 1
  }
done
for NAME in cifar10 go_emotions; do
  [ -d "${UNLEARN_DATA_DIR:?names the folder with cifar10/ and go_emotions/}/$NAME" ] || {
    echo "There is no folder $UNLEARN_DATA_DIR/$NAME: put the parquet files of that data set there." >&2
    exit 1
  }
  rm -rf "$KIT/data/$NAME"
  cp -rL "$UNLEARN_DATA_DIR/$NAME" "$KIT/data/$NAME"
done
chmod -R u+w "$KIT"
kib() { du -skc --apparent-size "$@" 2>/dev/null | tail -1 | cut -f1; }
TREE=$(git ls-files -co --exclude-standard -z | xargs -0 stat -c %s 2>/dev/null | awk '{ s += $1 } END { print int(s / 1024) }')
SUM=$((TREE + $(kib "$KIT")))
echo "tree $((TREE / 1024)) MiB, wheels $(kib "$KIT/wheels") KiB, data $(kib "$KIT/data") KiB: $((SUM / 1024)).$((SUM % 1024 * 10 / 1024)) MiB in all"
[ "$SUM" -le $((${KIT_MOST:-64} * 1024)) ] || {
  echo "That is more than ${KIT_MOST:-64} MiB: take fewer wheels (KIT_WHEELS), or allow more (KIT_MOST)." >&2
  exit 1
}
