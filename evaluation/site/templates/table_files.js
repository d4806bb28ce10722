// A result as a file. Columns are [{name, type}] with DuckDB's types, rows are arrays of DuckDB's own texts or null, so
// that no figure passes through a floating-point number on its way.

const BEGINS_FORMULA = /^[=+\-@\t\r\n＝＋－＠]/u;
const NUMBER = /^(DECIMAL|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|BOOLEAN)/;
const SPECIAL = { inf: Infinity, "-inf": -Infinity, nan: NaN };

export function isNumber(type) {
  return NUMBER.test(type) && type !== "BOOLEAN";
}

/** CSV as `wmip sql --format csv` writes it: a text that a spreadsheet would run gets an apostrophe before it. */
export function asCsv(columns, rows) {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const inert = (text) => (BEGINS_FORMULA.test(text) ? `'${text}` : text);
  const isText = columns.map(({ type }) => !NUMBER.test(type) && !/^(DATE|TIME)/.test(type));
  const lines = rows.map((row) =>
    row.map((text, at) => (text === null ? "" : quoted(isText[at] ? inert(text) : text))).join(","),
  );
  return [columns.map(({ name }) => quoted(inert(name))).join(","), ...lines, ""].join("\n");
}

function micros(text) {
  const [, seconds, fraction = ""] = /^([\d-]+ [\d:]+)(?:\.(\d+))?/.exec(text);
  return BigInt(Date.parse(`${seconds.replace(" ", "T")}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0"));
}

// How a column of DuckDB stands in Parquet: the schema element, and a text as the value that is written.
function kept(type) {
  const decimal = /^DECIMAL\((\d+),(\d+)\)/.exec(type);
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
    const whole = precision <= 18 ? { type: "INT64" } : { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16 };
    return [{ ...whole, converted_type: "DECIMAL", precision, scale }, (text) => BigInt(text.replace(".", ""))];
  }
  if (/^(U?HUGEINT|UBIGINT)/.test(type)) {
    const wide = { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, converted_type: "DECIMAL", precision: 38, scale: 0 };
    return [wide, BigInt];
  }
  if (/^(BIGINT|UINTEGER)/.test(type)) return [{ type: "INT64" }, BigInt];
  if (/^(U?TINYINT|U?SMALLINT|INTEGER)/.test(type)) return [{ type: "INT32" }, Number];
  if (/^(DOUBLE|FLOAT)/.test(type)) return [{ type: "DOUBLE" }, (text) => SPECIAL[text] ?? Number(text)];
  if (type === "BOOLEAN") return [{ type: "BOOLEAN" }, (text) => text === "true"];
  if (type === "DATE") return [{ type: "INT32", converted_type: "DATE" }, (text) => Date.parse(text) / 86400000];
  if (/^TIMESTAMP/.test(type)) return [{ type: "INT64", converted_type: "TIMESTAMP_MICROS" }, micros];
  return [{ type: "BYTE_ARRAY", converted_type: "UTF8" }, (text) => text];
}

/** Parquet with DuckDB's types: decimals as decimals, whole numbers as such. `write` is hyparquet-writer's. */
export function asParquet(columns, rows, write) {
  const found = columns.map(({ type }) => kept(type));
  return write({
    columnData: columns.map(({ name }, at) => ({
      name,
      data: rows.map((row) => (row[at] === null ? null : found[at][1](row[at]))),
    })),
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(({ name }, at) => ({ name, repetition_type: "OPTIONAL", ...found[at][0] })),
    ],
  });
}
