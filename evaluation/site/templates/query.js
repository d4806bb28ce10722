// The query page: SQL over the release by DuckDB-Wasm. It reads one file of this site and may not reach anything else:
// extensions are switched off, files outside are closed to it, and the page's policy allows requests to the site alone.
import { asCsv, asParquet, isNumber } from "./table_files.js";

const SHOWN = 1000;
const CHARTED = 400;
const form = document.querySelector("#query");
const field = document.querySelector("#sql");
const state = document.querySelector("#state");
const buttons = { csv: document.querySelector("#csv"), parquet: document.querySelector("#parquet") };
const axes = { x: document.querySelector("#chart-x"), y: document.querySelector("#chart-y") };
let engine = null;
let result = null;

function say(text, isProblem = false) {
  state.textContent = text;
  state.className = isProblem ? "problem" : "";
}

async function bytes(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** A packed file as an address of its own. Some servers unpack .gz on the way. */
async function unpacked(path, type) {
  const packed = await bytes(path);
  const isPacked = packed[0] === 0x1f && packed[1] === 0x8b;
  const plain = isPacked ? new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")) : packed;
  return URL.createObjectURL(new Blob([await new Response(plain).arrayBuffer()], { type }));
}

async function start() {
  say("Loading the engine and the release …");
  const [{ AsyncDuckDB, VoidLogger, parquetWriteBuffer }, worker, wasm, mart, earlier] = await Promise.all([
    import("./engine/engine.js"),
    unpacked("engine/worker.js.gz", "text/javascript"),
    unpacked("engine/duckdb.wasm.gz", "application/wasm"),
    bytes(form.dataset.mart),
    form.dataset.earlier ? bytes(form.dataset.earlier) : null,
  ]);
  const database = new AsyncDuckDB(new VoidLogger(), new Worker(worker));
  await database.instantiate(wasm);
  await database.open({ query: { castBigIntToDouble: false } });
  const connection = await database.connect();
  await connection.query("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false");
  for (const [name, content] of Object.entries({ mart, earlier })) {
    if (content) {
      await database.registerFileBuffer(`${name}.duckdb`, content);
      await connection.query(`ATTACH '${name}.duckdb' AS ${name} (READ_ONLY)`);
    }
  }
  await connection.query("USE mart; SET enable_external_access = false; SET lock_configuration = true");
  return { connection, parquetWriteBuffer };
}

function texts(table) {
  return table.toArray().map((row) => row.toArray());
}

async function ask(sql) {
  engine ??= start();
  const { connection } = await engine.catch((error) => {
    engine = null;
    throw error;
  });
  say("Running …");
  const began = performance.now();
  await connection.query(`CREATE OR REPLACE TEMP TABLE result AS (${sql.trim().replace(/;+\s*$/, "")}\n)`);
  const described = texts(await connection.query("SELECT column_name, column_type FROM (DESCRIBE temp.result)"));
  const columns = described.map(([name, type]) => ({ name, type }));
  const rows = texts(await connection.query("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM temp.result"));
  return { columns, rows, milliseconds: performance.now() - began };
}

function cell(kind, text, isFigure) {
  const made = document.createElement(kind);
  made.textContent = text ?? "";
  if (isFigure) made.className = "n";
  if (kind === "th") made.scope = "col";
  return made;
}

function showRows({ columns, rows }) {
  const head = document.createElement("tr");
  head.append(...columns.map(({ name, type }) => cell("th", name, isNumber(type))));
  const lines = rows.slice(0, SHOWN).map((row) => {
    const line = document.createElement("tr");
    line.append(...row.map((text, at) => cell("td", text, isNumber(columns[at].type))));
    return line;
  });
  const table = document.querySelector("#rows");
  table.replaceChildren(document.createElement("thead"), document.createElement("tbody"));
  table.tHead.append(head);
  table.tBodies[0].append(...lines);
}

function options(select, names) {
  select.replaceChildren(...names.map((name) => new Option(name, name)));
}

function offerChart({ columns }) {
  options(axes.x, columns.filter(({ type }) => !isNumber(type)).map(({ name }) => name));
  options(axes.y, columns.filter(({ type }) => isNumber(type)).map(({ name }) => name));
}

let vega = null;

function loadVega() {
  vega ??= new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = "engine/vega.js";
    script.onload = () => loaded(window.vegaEmbed);
    script.onerror = () => failed(new Error("engine/vega.js could not be loaded"));
    document.head.append(script);
  });
  return vega;
}

async function showChart() {
  const place = document.querySelector("#plot");
  const { columns, rows } = result;
  const [x, y] = [axes.x, axes.y].map((axis) => columns.findIndex(({ name }) => name === axis.value));
  document.querySelector("#chart").hidden = x < 0 || y < 0 || rows.length === 0 || rows.length > CHARTED;
  place.replaceChildren();
  if (document.querySelector("#chart").hidden) return;
  const isTime = /^(DATE|TIMESTAMP)/.test(columns[x].type) || rows.every((row) => /^\d{4}-\d\d(-Q\d)?$/.test(row[x]));
  // Two rows of the same name are told apart by the other texts of the row.
  const others = columns.map((_, at) => at).filter((at) => at !== x && !isNumber(columns[at].type));
  const isUnique = new Set(rows.map((row) => row[x])).size === rows.length;
  const series = isUnique ? null : others.find((at) => new Set(rows.map((row) => row[at])).size <= 10) ?? null;
  const values = rows
    .filter((row) => row[y] !== null)
    .map((row) => ({ x: row[x] ?? "unknown", y: Number(row[y]), series: series === null ? "" : row[series] ?? "" }));
  const along = { field: "x", type: "ordinal", sort: null, title: columns[x].name, axis: { labelLimit: 220 } };
  const figure = { field: "y", type: "quantitative", title: columns[y].name, stack: null };
  const colour = series === null ? {} : { color: { field: "series", title: columns[series].name } };
  const spec = {
    data: { values },
    background: "#ffffff",
    width: isTime ? 640 : 480,
    ...(isTime ? { height: 240 } : { height: { step: 20 } }),
    mark: isTime ? { type: "line", point: true } : { type: "bar" },
    encoding: isTime
      ? { x: along, y: figure, ...colour }
      : { y: along, x: figure, ...colour, ...(series === null ? {} : { yOffset: { field: "series" } }) },
    config: { font: "Arial, Helvetica, sans-serif", mark: { color: "#0b5f6e" } },
  };
  const embed = await loadVega();
  await embed(place, spec, { actions: false, renderer: "svg", ast: true });
  place.querySelector("svg")?.setAttribute("aria-label", `${columns[y].name} by ${columns[x].name}; the rows are below`);
}

async function run() {
  const main = form.querySelector("button.main");
  main.disabled = true;
  try {
    result = await ask(field.value);
    showRows(result);
    document.querySelector("#result").hidden = false;
    for (const button of Object.values(buttons)) button.disabled = false;
    const { rows, milliseconds } = result;
    const cut = rows.length > SHOWN ? `, of which the first ${SHOWN} are shown; the files have all` : "";
    say(`${rows.length} ${rows.length === 1 ? "row" : "rows"} in ${Math.round(milliseconds)} ms${cut}.`);
    offerChart(result);
    await showChart();
  } catch (error) {
    document.querySelector("#result").hidden = true;
    // What DuckDB quotes of the query has our own words around it.
    say(String(error.message ?? error).split(/\n\nLINE \d/)[0], true);
  } finally {
    main.disabled = false;
  }
}

function save(content, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
for (const axis of Object.values(axes)) axis.addEventListener("change", showChart);
buttons.csv.addEventListener("click", () => save(asCsv(result.columns, result.rows), "result.csv", "text/csv"));
buttons.parquet.addEventListener("click", async () => {
  const { parquetWriteBuffer } = await engine;
  save(asParquet(result.columns, result.rows, parquetWriteBuffer), "result.parquet", "application/vnd.apache.parquet");
});
for (const button of document.querySelectorAll("button[data-question]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    field.value = button.closest("details").querySelector("pre").textContent;
    form.scrollIntoView();
    field.focus({ preventScroll: true });
    form.requestSubmit();
  });
}
