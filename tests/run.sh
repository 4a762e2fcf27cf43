#!/bin/sh
# The whole suite and the linters side by side: they share the cores, and what each said is shown when it has ended.
# The browser's tests take longest, one after the other: they go first, and the others have what they leave of the cores.
# Usage: sh tests/run.sh VENV/bin [LONG]   with any second argument the tests marked as long as well, else without them
bin=$1
which=${2:+long or not long}
which=${which:-not long}
unset PYTHONDONTWRITEBYTECODE  # some hundred processes would each compile all sources
logs=$(mktemp -d)
names=
beside=
trap 'kill $beside 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

start() { # NAME COMMAND...
  name=$1
  shift
  "$@" >"$logs/$name" 2>&1 &
  eval "${name}_process=$!"
  names="$names $name"
  beside="$beside $!"
}

lint() {
  "$bin/ruff" check . && nice "$bin/mypy"
}

start browser_a_to_k "$bin/python" -m pytest -m "$which" tests/browser/test_[a-k]*.py
start browser_l_to_z "$bin/python" -m pytest -m "$which" tests/browser/test_[l-z]*.py
start engine nice "$bin/python" -m pytest -m "$which" tests/engine --ignore=tests/engine/studies --ignore=tests/engine/cli
start studies nice "$bin/python" -m pytest -m "$which" tests/engine/studies tests/engine/cli
start lint lint
nice "$bin/python" -m pytest -m "$which" --ignore=tests/browser --ignore=tests/engine
status=$?
for name in $names; do
  eval "wait \$${name}_process" || status=$?
  echo "== $name =="
  cat "$logs/$name"
done
exit "$status"
