#!/bin/sh
# Brings Temporal's two databases to the schema of the server's version; safe to repeat.
set -eu
for pair in temporal:temporal temporal_visibility:visibility; do
  db=${pair%%:*}
  dir=/etc/temporal/schema/postgresql/v12/${pair##*:}/versioned
  temporal-sql-tool --db "$db" update-schema -d "$dir" 2>/dev/null && continue
  temporal-sql-tool --db "$db" setup-schema -v 0.0
  temporal-sql-tool --db "$db" update-schema -d "$dir"
done
