#!/usr/bin/env bash
# Runs every fuzz target of the main module for the given time each.
set -eu
for file in $(grep -rlE '^func Fuzz' --include='*_test.go' activities api workflows worker); do
  for target in $(grep -oE '^func Fuzz[A-Za-z0-9_]+' "$file" | awk '{print $2}'); do
    echo "== $(dirname "$file") $target"
    go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$1"
  done
done
