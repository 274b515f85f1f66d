// The page for questions: asks, shows the answer, lets every part of the reading be changed, asks on from the last answer.
// Names and words come from people and databases: they are only ever set as text.

import { Chart } from "/static/terminal/chart.js";
import { shown } from "/static/terminal/values.js";
import { chips } from "./chips.js";

const MOST_ROWS = 200;
const by = (id) => document.getElementById(id);
const chart = new Chart(by("chart"), () => {});
let vocabulary = null;
let last = null; // the last answer: context of the next question

async function send(path, body) {
  let response;
  try {
    response = await fetch(path, { method: "POST", headers: { "content-type": "application/json", accept: "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error("The server does not answer. Is the platform running?");
  }
  const told = await response.json().catch(() => ({}));
  if (response.ok) return told;
  if (response.status === 401) throw new Error("Your login has ended: follow the login link again, in another tab.");
  if (told.refused) throw new Error(`${told.refused.reason} ${told.refused.advice}`);
  throw new Error(told.error || `The server answered with status ${response.status}.`);
}

async function known() {
  vocabulary ||= await (await fetch("/ui/nlp-query?format=json", { headers: { accept: "application/json" } })).json();
  return vocabulary;
}

/** Ask; with `intent`, that reading of the question and no other. */
async function ask(question, intent = null) {
  by("ask").setAttribute("aria-busy", "true");
  by("trouble").hidden = true;
  const mode = by("mode")?.value || "model";
  try {
    const told = await send("/ui/nlp-query", { question, intent, context: intent ? null : last?.intent || null, mode: intent ? "model" : mode });
    if (told.intent) last = told; // before it is shown: whoever asks on at once asks on from what is seen
    await show(question, told);
  } catch (error) {
    by("trouble").textContent = error.message;
    by("trouble").hidden = false;
  } finally {
    by("ask").removeAttribute("aria-busy");
  }
}

async function show(question, told) {
  by("hint").hidden = true;
  by("result").hidden = false;
  by("answer").textContent = told.rows ? told.answer : told.reason || "This was not understood.";
  const doubt = told.rows && !told.sure;
  by("doubt").hidden = !doubt;
  if (doubt) by("doubt").textContent = `I am not certain that this is what you asked. I read: ${told.reading}.`;
  by("chips").hidden = !told.intent;
  if (told.intent) chips(by("chips"), told.intent, await known(), (intent) => ask(question, intent));
  rows(told);
  await picture(told);
  by("query").hidden = !told.sql;
  by("sql").textContent = told.sql;
  by("open-sql").href = `/ui/db-terminal#sql=${packed(told.sql)}`;
  by("foot").textContent = foot(told);
  offers(question, told);
}

function foot(told) {
  if (!told.rows) return "";
  const read = told.model ? `read by ${told.model}` : "read by the semantic model";
  return `${told.truncated ? "the first " : ""}${told.row_count} ${told.row_count === 1 ? "row" : "rows"}, ${Math.round(told.took_ms)} ms, ${read}`;
}

function packed(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function rows(told) {
  const place = by("rows");
  place.replaceChildren();
  place.hidden = !told.rows?.length || (told.rows.length === 1 && told.columns.length === 1);
  if (place.hidden) return;
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  for (const name of told.columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = name.replaceAll("_", " ");
    head.append(cell);
  }
  const body = table.createTBody();
  for (const row of told.rows.slice(0, MOST_ROWS)) {
    const line = body.insertRow();
    row.forEach((value, index) => {
      const cell = line.insertCell();
      if (typeof value === "number") {
        cell.className = "number";
        cell.textContent = Number.isInteger(value) ? value.toLocaleString() : value.toLocaleString(undefined, { maximumFractionDigits: 4 });
      } else if (/^[0-9a-f]{64}$/.test(value)) {
        cell.className = "hash";
        cell.textContent = value.slice(0, 12);
        cell.title = value;
      } else {
        cell.textContent = shown(value, told.types[index]);
      }
    });
  }
  place.append(table);
}

async function picture(told) {
  by("chart").hidden = !told.chart;
  if (!told.chart) return chart.hide();
  chart.fill({ columns: told.columns, types: told.types, rows: told.rows }, told.chart);
  await chart.draw();
}

function offers(question, told) {
  const list = by("offers");
  list.replaceChildren();
  const wanted = !told.sure && told.alternatives?.length;
  by("meant").hidden = !wanted;
  for (const offer of wanted ? told.alternatives.slice(0, 3) : []) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = offer.reading;
    button.addEventListener("click", async () => {
      if (told.wording) send("/ui/nlp-query/picks", { wording: told.wording, figure: offer.intent.figure }).catch(() => {});
      await ask(question, offer.intent);
      by("meant").hidden = true;
      by("question").focus();
    });
    item.append(button);
    list.append(item);
  }
}

by("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const question = by("question").value.trim();
  if (question) ask(question);
});
for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => {
    by("question").value = example.textContent;
    last = null;
    ask(example.textContent);
  });
}
