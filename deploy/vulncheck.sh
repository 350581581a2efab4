#!/usr/bin/env bash
# Runs govulncheck where its database can be reached, and says so where it cannot.
set -u
out=$("$1" ./... 2>&1)
code=$?
if [ "$code" -ne 0 ] && grep -qiE 'fetching vulnerabilities|dial tcp|no such host|connection refused|403|timeout' <<<"$out"; then
  echo "govulncheck: not run, its vulnerability database cannot be reached from here"
  exit 0
fi
echo "$out"
exit "$code"
