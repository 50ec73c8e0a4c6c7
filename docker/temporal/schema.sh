#!/bin/sh
# Brings Temporal's two databases to the schema of this release. Safe to repeat: a database that has a schema is only
# updated, one that has none is set up first.
set -eu

schemas=/etc/temporal/schema/postgresql/v12

bring_up_to_date() {
  database=$1
  versions=$schemas/$2/versioned
  tool() {
    temporal-sql-tool --plugin postgres12 --ep "$SQL_HOST" --port "${SQL_PORT:-5432}" --user "$SQL_USER" \
      --database "$database" "$@"
  }
  if ! tool update-schema --schema-dir "$versions"; then
    tool setup-schema --version 0.0
    tool update-schema --schema-dir "$versions"
  fi
}

bring_up_to_date temporal temporal
bring_up_to_date temporal_visibility visibility
