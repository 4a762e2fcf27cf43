#!/bin/sh
# Installs Debian's chromium-headless-shell for the browser tests where no browser is there and this runs as root; its
# chromium where the shell is not packaged; else says how. The names are those that tests/chromium.py looks for.
# Never fails: without a browser those tests are skipped by name.
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  for name in chromium-headless-shell chromium; do
    echo "Installing $name for the browser tests ..."
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$name" >/dev/null && exit 0
  done
fi
echo "No chromium: the browser tests will be skipped. To run them: sudo apt-get install chromium-headless-shell (or chromium)"
exit 0
