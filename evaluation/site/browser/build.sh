#!/bin/sh
# Builds the query engine of the site into a folder: build.sh FOLDER. Needs npm, and the npm registry once.
# The versions and checksums are those of package-lock.json; nothing that a package would run at install is run.
set -eu
mkdir -p "$1"
target=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$here/engine.mjs" "$work"
cd "$work"
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error || {
    echo "npm could not fetch the engine's packages. Sites are made without it meanwhile: every figure, but no query page." >&2
    exit 1
}
npx --no-install esbuild engine.mjs --bundle --minify --format=esm --log-level=warning --outfile=engine.js
duckdb=node_modules/@duckdb/duckdb-wasm/dist
gzip -9 -n -c "$duckdb/duckdb-eh.wasm" >duckdb.wasm.gz
gzip -9 -n -c "$duckdb/duckdb-browser-eh.worker.js" >worker.js.gz
for package in @duckdb/duckdb-wasm apache-arrow flatbuffers hyparquet hyparquet-writer tslib; do
    for file in node_modules/$package/LICENSE* node_modules/$package/LICENCE*; do
        [ -f "$file" ] && printf '%s\n\n' "$package" && cat "$file" && printf '\n\n'
    done
done >LICENCES.txt || true
mv engine.js duckdb.wasm.gz worker.js.gz LICENCES.txt "$target"
# For the tests: no part of any site.
cp node_modules/axe-core/axe.min.js "$target"
