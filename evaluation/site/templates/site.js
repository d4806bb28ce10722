// Filters of the scorecard, of the facts and of the dictionary. Every figure is text that the build wrote: nothing is
// added up or rounded here. What is chosen stands in the address after the #, which no server is told.
"use strict";

const KINDS = { body: "partner", cluster: "cluster", area: "local_authority" };

function chosen() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

function scopeOf(choice) {
  const name = Object.keys(KINDS).find((kind) => choice[kind]);
  return name ? { name, kind: KINDS[name], key: choice[name] } : { name: null, kind: "programme", key: "programme" };
}

function labelOf(select) {
  return select.selectedOptions[0]?.textContent ?? "";
}

function showScorecard(form) {
  const data = window.wmipFigures;
  const choice = chosen();
  const asked = scopeOf(choice);
  const scope = data.figures[asked.kind]?.[asked.key] ? asked : scopeOf({});
  const wanted = choice.quarter || choice.year || "all";
  const time = data.times.includes(wanted) ? wanted : "all";
  for (const select of form.querySelectorAll("select")) {
    select.value = select.name in KINDS ? (select.name === scope.name ? scope.key : "") : choice[select.name] ?? "";
    if (select.selectedIndex < 0) select.value = "";
  }
  const figures = data.figures[scope.kind][scope.key];
  for (const link of document.querySelectorAll("a[data-figure-of]")) {
    const { figureOf: indicator, basis } = link.dataset;
    link.textContent = figures[indicator][data.bases.indexOf(basis)][data.times.indexOf(time)];
    const facts = link.dataset.facts ?? (link.dataset.facts = link.getAttribute("href"));
    if (facts.startsWith("facts/")) {
      const page = time.includes("-Q") ? facts.replace(/\.html$/, `/${time}.html`) : facts;
      link.href = scope.name ? `${page}#${scope.name}=${encodeURIComponent(scope.key)}` : page;
    }
  }
  const isWhole = !scope.name && time === "all";
  for (const part of document.querySelectorAll("[data-whole]")) part.hidden = !isWhole;
  const where = scope.name ? labelOf(form.elements[scope.name]) : "Whole programme";
  const when = time === "all" ? "so far" : time.includes("-Q") ? labelOf(form.elements.quarter) : time;
  document.querySelector("#shown").innerHTML = "<strong></strong>";
  document.querySelector("#shown strong").textContent = `${where}, ${when}.`;
}

function startScorecard(form) {
  form.hidden = false;
  form.addEventListener("change", ({ target }) => {
    const choice = Object.fromEntries([...new FormData(form)].filter(([, value]) => value));
    if (target.name in KINDS) for (const name in KINDS) if (name !== target.name) delete choice[name];
    if (target.name === "quarter" && choice.quarter) choice.year = choice.quarter.replace(/-Q\d$/, "");
    if (target.name === "year") delete choice.quarter;
    location.hash = new URLSearchParams(choice).toString();
  });
  form.addEventListener("reset", () => {
    location.hash = "";
  });
  addEventListener("hashchange", () => showScorecard(form));
  showScorecard(form);
}

function startFacts(rows) {
  const said = document.querySelector("#shown");
  const all = said.textContent;
  const show = () => {
    const { name, key } = scopeOf(chosen());
    let count = 0;
    for (const row of rows) {
      row.hidden = name !== null && row.dataset[name] !== key;
      count += !row.hidden;
    }
    said.textContent = name ? `${count} of the facts are of ${name} ${key}. ` : all;
    if (name) {
      const whole = document.createElement("a");
      whole.href = "#";
      whole.textContent = "Show all";
      said.append(whole);
    }
  };
  addEventListener("hashchange", show);
  show();
}

function startQuarters(links) {
  const show = () => {
    const { name, key } = scopeOf(chosen());
    for (const link of links) link.hash = name ? `${name}=${encodeURIComponent(key)}` : "";
    document.querySelector("#shown").textContent = name ? `Quarters open to the facts of ${name} ${key}.` : "";
  };
  addEventListener("hashchange", show);
  show();
}

function startSearch(field) {
  const tables = [...document.querySelectorAll("[data-searched] > details")].map((table) => ({
    table,
    text: table.textContent.toLowerCase(),
    rows: [...table.querySelectorAll("tbody tr")].map((row) => [row, row.textContent.toLowerCase()]),
    head: (table.id + table.querySelector("p").textContent).toLowerCase(),
  }));
  const found = document.querySelector("#found");
  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = (text) => words.every((word) => text.includes(word));
    let count = 0;
    for (const { table, text, rows, head } of tables) {
      table.hidden = !has(text);
      const inHead = has(head);
      const hits = rows.filter(([, row]) => has(row)).length;
      for (const [row, rowText] of rows) row.hidden = words.length > 0 && hits > 0 && !inHead && !has(rowText);
      table.open = words.length > 0 && !table.hidden && !inHead;
      count += !table.hidden;
    }
    found.textContent = words.length ? `${count} of ${tables.length} tables.` : "";
    history.replaceState(null, "", words.length ? `#q=${encodeURIComponent(field.value)}` : location.pathname);
  };
  field.parentElement.hidden = false;
  field.addEventListener("input", show);
  const { q } = chosen();
  if (q) {
    field.value = q;
    show();
  } else if (location.hash) {
    const table = document.getElementById(location.hash.slice(1));
    if (table) table.open = true;
  }
}

const filters = document.querySelector("#filters");
if (filters) startScorecard(filters);
const factRows = document.querySelectorAll("tr[data-body]");
if (factRows.length) startFacts(factRows);
const quarterLinks = document.querySelectorAll("a[data-keeps-scope]");
if (quarterLinks.length) startQuarters(quarterLinks);
const search = document.querySelector("#search");
if (search) startSearch(search);
