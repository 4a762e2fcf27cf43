#!/bin/sh
# The whole suite and the linters side by side: they share the cores, and what each said is shown when it has ended.
# Usage: sh tests/run.sh VENV/bin
bin=$1
logs=$(mktemp -d)
beside=
trap 'kill $beside 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

start() { # NAME COMMAND...
  name=$1
  shift
  "$@" >"$logs/$name" 2>&1 &
  eval "${name}_process=$!"
  beside="$beside $!"
}

lint() {
  "$bin/ruff" check . && "$bin/mypy"
}

start browser "$bin/python" -m pytest tests/browser # mostly waits for its servers
start engine "$bin/python" -m pytest tests/engine --ignore=tests/engine/studies --ignore=tests/engine/cli
start studies "$bin/python" -m pytest tests/engine/studies tests/engine/cli
start lint lint
"$bin/python" -m pytest --ignore=tests/browser --ignore=tests/engine
status=$?
for name in lint engine studies browser; do
  eval "wait \$${name}_process" || status=$?
  echo "== $name =="
  cat "$logs/$name"
done
exit "$status"
