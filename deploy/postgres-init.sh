#!/usr/bin/env bash
# First start of the Postgres container: Rondo's database and Temporal's two, each with a role of its own.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U postgres -v rondo="$RONDO_DB_PASSWORD" -v temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE rondo LOGIN PASSWORD :'rondo';
CREATE DATABASE rondo OWNER rondo;
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
SQL
