// The terminal: what the buttons do, and what is open. The parts are in the files beside this one.

import * as api from "./api.js";
import { Chart } from "./chart.js";
import { Editor } from "./editor.js";
import { Grid } from "./grid.js";
import { Lists, remember, tabs } from "./lists.js";
import { csv, download, json } from "./values.js";

const by = (id) => document.getElementById(id);
const NEW = { query_id: "", name: "", sql: "", chart: null, mine: false, shared: false };

let open = { ...NEW }; // the query as it was opened or saved last
let result = null;
let running = null;
let first = true; // the next result is the first of the query that was opened

const editor = new Editor(by("sql"), { run: () => run(), change: () => changed() });
const grid = new Grid(by("grid"), (name, text) => {
  by("value-title").textContent = name;
  by("value-text").textContent = text;
  by("value-dialog").showModal();
});
const chart = new Chart(by("chart"), (choice) => {
  open.chart = choice;
  open.drawn = true;
  changed();
});
const lists = new Lists(by("side"), {
  choose: (query) => { show(query); if (query.query_id) run(); },
  insert: (text) => editor.insert(text),
  ask: (sql) => { show({ ...NEW, sql }); run(); },
  remove: (query) => removed(query),
});
const sheet = tabs(document.querySelector(".result .tabs"), (tab) => {
  const drawn = tab.id === "tab-chart";
  by("chart").hidden = !drawn;
  by("table").hidden = drawn;
  if (drawn) chart.draw();
  else chart.hide();
});

function show(query) {
  open = { ...NEW, ...query };
  first = true;
  editor.text = open.sql;
  by("side").classList.remove("open");
  by("open-side").setAttribute("aria-expanded", "false");
  address();
  changed();
  problem(null);
  editor.focus();
}

function address() {
  const place = open.query_id ? `?q=${encodeURIComponent(open.query_id)}` : location.pathname;
  history.replaceState(null, "", open.query_id ? place : location.pathname);
}

function changed() {
  by("name").textContent = open.name || "New query";
  const differs = open.query_id ? editor.text !== open.sql || Boolean(open.drawn) : false;
  by("state").hidden = !differs;
  lists.current = open.query_id;
  lists.draw();
}

async function run() {
  const sql = editor.selection || editor.text;
  if (running || !sql.trim()) return;
  running = new AbortController();
  const started = performance.now();
  busy(true);
  const clock = setInterval(() => tell(`Running … ${((performance.now() - started) / 1000).toFixed(1)} s`), 100);
  problem(null);
  editor.clear();
  try {
    const answer = await api.run(sql, running.signal);
    if (answer.refused) refused(answer.refused, sql);
    else fill(answer, sql, started);
  } catch (error) {
    if (error.name === "AbortError") tell("Cancelled.");
    else {
      tell("");
      problem({ reason: error.message, advice: "" });
    }
  } finally {
    clearInterval(clock);
    running = null;
    busy(false);
  }
}

function fill(answer, sql, started) {
  result = answer;
  by("empty").hidden = true;
  by("grid").hidden = false;
  grid.fill(answer.columns, answer.types, answer.rows);
  chart.fill(answer, open.chart || (first ? null : chart.choice));
  for (const id of ["csv", "json"]) by(id).disabled = false;
  const drawn = first ? Boolean(open.chart && chart.choice) : !by("chart").hidden;
  first = false;
  sheet(by(drawn ? "tab-chart" : "tab-table"));
  requestAnimationFrame(() => {
    const ms = Math.round(performance.now() - started);
    const rows = `${answer.row_count.toLocaleString()} ${answer.row_count === 1 ? "row" : "rows"}`;
    const bold = Object.assign(document.createElement("b"), { textContent: rows });
    const told = [bold, ` in ${time(answer.took_ms)}`];
    if (answer.truncated) told.push(cut(answer.cut));
    by("told").replaceChildren(...told);
    by("told").dataset.shown = String(ms);
    remember({ sql, at: Date.now(), told: `${rows}, ${time(answer.took_ms)}` });
    lists.draw();
  });
}

function cut(why) {
  const words = why === "bytes" ? "there are more; these fill a reply" : "there are more";
  return Object.assign(document.createElement("span"), { className: "cut", textContent: ` · ${words}` });
}

const time = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function refused(refusal, sql) {
  tell(refusal.rule === "time" ? "Ended." : "Not run.");
  problem(refusal);
  remember({ sql, at: Date.now(), told: refusal.rule === "database" ? "failed" : "refused" });
  lists.draw();
  if (refusal.line && !editor.selection) editor.mark(refusal.line, refusal.column);
}

function problem(told) {
  by("problem").hidden = !told;
  if (!told) return;
  const at = told.line ? `Line ${told.line}: ` : "";
  by("problem-what").textContent = at + told.reason;
  by("problem-advice").textContent = told.advice;
}

function tell(words) {
  by("told").textContent = words;
}

function busy(is) {
  by("run").disabled = is;
  by("cancel").hidden = !is;
  by("grid").setAttribute("aria-busy", String(is));
}

async function refresh() {
  try {
    const { prebuilt, saved } = await api.queries();
    Object.assign(lists, { prebuilt, saved });
  } catch (error) {
    problem({ reason: error.message, advice: "" });
  }
  lists.draw();
}

async function removed(query) {
  if (!confirm(`Remove “${query.name}”?`)) return;
  try {
    await api.remove(query.query_id);
    if (open.query_id === query.query_id) show({ ...NEW, sql: editor.text });
  } catch (error) {
    problem({ reason: error.message, advice: "" });
  }
  await refresh();
}

by("run").addEventListener("click", run);
by("cancel").addEventListener("click", () => running?.abort());
by("new").addEventListener("click", () => show(NEW));
by("csv").addEventListener("click", () => download(`${fileName()}.csv`, "text/csv", csv(result.columns, grid.inOrder())));
by("json").addEventListener("click", () => download(`${fileName()}.json`, "application/json", json(result.columns, grid.inOrder())));
editor.onSelection(() => { by("run-label").textContent = editor.selection ? "Run selection" : "Run"; });

const fileName = () => (open.name || "query").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || "query";

by("save").addEventListener("click", () => {
  by("save-name").value = open.name;
  by("save-shared").checked = Boolean(open.mine && open.shared);
  by("save-problem").hidden = true;
  by("save-dialog").showModal();
});

by("save-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = by("save-name").value.trim();
  const id = open.mine && open.name === name ? open.query_id : "";
  const drawn = !by("chart").hidden ? chart.choice : open.chart;
  try {
    const kept = await api.save({ id, name, sql: editor.text, chart: drawn, shared: by("save-shared").checked });
    open = { ...kept };
    by("save-dialog").close();
    address();
    await refresh();
    changed();
    tell("Saved.");
  } catch (error) {
    by("save-problem").hidden = false;
    by("save-problem").textContent = error.message;
  }
});

by("share").addEventListener("click", () => {
  const kept = open.query_id && editor.text === open.sql && (!open.mine || open.shared);
  const bytes = new TextEncoder().encode(editor.text);
  const packed = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const here = `${location.origin}${location.pathname}`;
  by("share-link").value = kept ? `${here}?q=${encodeURIComponent(open.query_id)}` : `${here}#sql=${packed}`;
  by("share-note").textContent = kept
    ? "Opens the saved query; whoever may log in here sees it, always as it was saved last."
    : "Holds the text of the query itself, and no results. Save it for others to get a link that stays up to date.";
  by("share-told").textContent = "";
  by("share-dialog").showModal();
  by("share-link").select();
});

by("share-copy").addEventListener("click", async () => {
  by("share-link").select();
  await navigator.clipboard?.writeText(by("share-link").value);
  by("share-told").textContent = "Copied.";
});
by("value-copy").addEventListener("click", () => navigator.clipboard?.writeText(by("value-text").textContent));
for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
by("open-side").addEventListener("click", () => {
  const is = by("side").classList.toggle("open");
  by("open-side").setAttribute("aria-expanded", String(is));
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running) running.abort();
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && !event.defaultPrevented && !document.querySelector("dialog[open]")) run();
});

/** What the address asks for: a saved query is run, a text that came in a link is only shown. */
async function begin() {
  const wanted = new URLSearchParams(location.search).get("q");
  const packed = /^#sql=([\w-]+)$/.exec(location.hash);
  if (packed) {
    const bytes = Uint8Array.from(atob(packed[1].replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    show({ ...NEW, sql: new TextDecoder().decode(bytes) });
    tell("From a link: read it, then run it.");
  } else if (wanted) {
    try {
      show(await api.query(wanted));
      run();
    } catch (error) {
      problem({ reason: error.message, advice: "" });
    }
  }
  await refresh();
  try {
    const { views, functions } = await api.schema();
    Object.assign(editor, { views, functions });
    lists.views = views;
  } catch (error) {
    problem({ reason: error.message, advice: "The views are not listed; queries may work all the same." });
  }
  lists.draw();
}

begin();
