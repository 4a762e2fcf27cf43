#!/bin/sh
# Installs Debian's chromium for the browser tests where it is missing and this runs as root; else says how.
# Never fails: without a browser those tests are skipped by name.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing chromium for the browser tests ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null \
    && exit 0
fi
echo "No chromium: the browser tests will be skipped. To run them: sudo apt-get install chromium"
exit 0
