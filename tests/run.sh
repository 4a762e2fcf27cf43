#!/bin/sh
# The suite in parts, and the linters: two more than there are cores at a time, as those of the browser often wait.
# The browser's come first, which take longest one after the other. What each said is shown when it has ended.
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

mkfifo "$logs/free"
exec 3<>"$logs/free"  # an empty line for each part that may begin: one byte, which no two readers share
for core in more $(seq "$(getconf _NPROCESSORS_ONLN)"); do
  echo >&3
done

start() { # NAME COMMAND...
  name=$1
  shift
  {
    read -r _ <&3
    "$@" >"$logs/$name" 2>&1 &
    trap 'kill $! 2>/dev/null' TERM
    wait $!
    status=$?
    echo >&3
    exit $status
  } &
  eval "${name}_process=$!"
  names="$names $name"
  beside="$beside $!"
  sleep 0.1  # they begin in this order
}

tests() {
  exec nice "$bin/python" -m pytest -m "$which" "$@"
}

lint() {
  "$bin/ruff" check . && exec nice "$bin/mypy"
}

start browser_a_to_k "$bin/python" -m pytest -m "$which" tests/browser/test_[a-k]*.py
start browser_l_to_z "$bin/python" -m pytest -m "$which" tests/browser/test_[l-z]*.py
start engine tests tests/engine --ignore=tests/engine/runs --ignore=tests/engine/studies --ignore=tests/engine/cli
start runs tests tests/engine/runs tests/engine/studies tests/engine/cli
start lint lint
(tests --ignore=tests/browser --ignore=tests/engine)
status=$?
for name in $names; do
  eval "wait \$${name}_process" || status=$?
  echo "== $name =="
  cat "$logs/$name"
done
exit "$status"
