// What the query page needs of npm, in one module: `build.sh` bundles it.
export { AsyncDuckDB, VoidLogger } from "@duckdb/duckdb-wasm";
export { parquetWriteBuffer } from "hyparquet-writer";
