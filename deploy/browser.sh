#!/usr/bin/env bash
# The page tests drive the system's Chromium; installs Debian's package where that is possible.
set -eu
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium for the page tests"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
else
  echo "chromium is not installed: the page tests will be skipped (as root: apt-get install chromium)"
fi
