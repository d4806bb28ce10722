#!/usr/bin/env bash
# Apache Superset with the dashboard of the public mart, in an environment of its own, on this machine alone.
#   WMIP_BI_URL                 where the figures are: postgresql+psycopg2://superset:…@host/wmip (a member of bi_reader),
#                               or duckdb:////home/releases/current/mart_public.duckdb?access_mode=read_only
#   SUPERSET_ADMIN_PASSWORD     of the user admin
#   SUPERSET_PORT               8088
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${WMIP_BI_URL:?say where the figures are: export WMIP_BI_URL=postgresql+psycopg2://USER:PASSWORD@HOST/wmip, or duckdb:////PATH/mart_public.duckdb?access_mode=read_only}"
: "${SUPERSET_ADMIN_PASSWORD:?choose the password of the user admin: export SUPERSET_ADMIN_PASSWORD=…}"
export SUPERSET_HOME="${SUPERSET_HOME:-$here/../../build/superset}" SUPERSET_CONFIG_PATH="$here/superset_config.py"
mkdir -p "$SUPERSET_HOME" && chmod 700 "$SUPERSET_HOME"
SUPERSET_HOME=$(cd "$SUPERSET_HOME" && pwd)
venv="$SUPERSET_HOME/venv"
if ! cmp -s "$here/requirements.lock" "$venv/installed"; then
  echo "Installing Apache Superset into $venv (some minutes the first time)"
  uv venv --quiet --clear --python 3.11 "$venv"
  uv pip install --quiet --python "$venv/bin/python" -r "$here/requirements.lock"
  cp "$here/requirements.lock" "$venv/installed"
fi
# The key that signs sessions and encrypts the address stays with the database it is of.
[ -f "$SUPERSET_HOME/secret_key" ] || (umask 077 && "$venv/bin/python" -c 'import secrets; print(secrets.token_urlsafe(42))' >"$SUPERSET_HOME/secret_key")
SUPERSET_SECRET_KEY=$(cat "$SUPERSET_HOME/secret_key")
export SUPERSET_SECRET_KEY
superset() { "$venv/bin/superset" "$@" >>"$SUPERSET_HOME/log" 2>&1 || { tail -20 "$SUPERSET_HOME/log"; echo "superset $1 failed; the log is $SUPERSET_HOME/log"; exit 1; }; }
echo "Preparing Superset's own database"
superset db upgrade
superset fab create-admin --username admin --firstname Super --lastname Set --email admin@localhost --password "$SUPERSET_ADMIN_PASSWORD"
superset fab reset-password --username admin --password "$SUPERSET_ADMIN_PASSWORD"
superset init
echo "Importing the dashboard"
# The address holds a password: it is put into a copy that only this user can read, and goes at once.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$here/bundle" "$copy"
"$venv/bin/python" - "$copy/bundle/databases/mart_public.yaml" <<'PYTHON'
import os, sys, yaml

with open(sys.argv[1]) as file:
    database = yaml.safe_load(file)
with open(sys.argv[1], "w") as file:
    yaml.safe_dump({**database, "sqlalchemy_uri": os.environ["WMIP_BI_URL"]}, file)
PYTHON
# Not import-dashboards: that overwrites the dashboard, but neither its charts nor the address.
superset import-directory --overwrite --force "$copy/bundle"
rm -rf "$copy"
[ "${1:-}" = --prepare-only ] && exit
echo "Dashboard: http://127.0.0.1:${SUPERSET_PORT:-8088}/superset/dashboard/programme/ (Ctrl-C stops it)"
exec "$venv/bin/superset" run --host 127.0.0.1 --port "${SUPERSET_PORT:-8088}" --with-threads >>"$SUPERSET_HOME/log" 2>&1
