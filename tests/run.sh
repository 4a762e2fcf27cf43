#!/bin/sh
# The whole suite: the browser tests mostly wait, so they run beside the others; what they said is shown last.
# Usage: sh tests/run.sh PYTHON
log=$(mktemp)
"$1" -m pytest tests/browser >"$log" 2>&1 &
beside=$!
"$1" -m pytest --ignore=tests/browser
status=$?
echo "The browser tests, which ran meanwhile:"
wait $beside || status=$?
cat "$log"
rm -f "$log"
exit $status
