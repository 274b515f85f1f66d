// A chart of the result: Vega-Lite, loaded when it is first wanted. Expressions are interpreted, never turned into code,
// because the content security policy forbids that.

import { kindOf } from "./values.js";

const PLACE = "/static/vendor/vega";
const MOST_POINTS = 5_000;
const MOST_COLOURS = 12;
const ORDERED = ["#2e8b57", "#7fb069", "#5b8fc7", "#dda63a", "#c8553d", "#8a5a83"]; // from well to not well
const KINDS = { bar: "Bars", bars: "Bars across", line: "Lines", area: "Areas", point: "Points", heat: "Heat map" };

let loading;

function script(source) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = source;
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${source} cannot be loaded`));
    document.head.append(element);
  });
}

async function vega() {
  loading ||= (async () => {
    await script(`${PLACE}/vega-6.4.0.min.js`);
    await script(`${PLACE}/vega-lite-6.4.3.min.js`);
    return import(`${PLACE}/vega-interpreter-2.3.2.js`);
  })();
  return loading;
}

/** Whether a column holds addresses, which differ at their end. */
const iris = (rows, column) => rows.slice(0, 50).every((row) => row[column] === null || /^https?:/.test(row[column]));

/** A chart that suits the columns: time or names along, a number up, and a colour where there are few names. */
export function suggestion(columns, types, rows) {
  const kinds = types.map(kindOf);
  const number = kinds.lastIndexOf("number");
  const first = (kind, not) => kinds.findIndex((each, index) => each === kind && index !== not);
  let x = first("moment", number);
  if (x < 0) x = first("text", number);
  if (x < 0) x = first("number", number);
  if (number < 0 || x < 0) return null;
  const colour = kinds.findIndex((kind, index) => {
    if (index === x || index === number || (kind !== "text" && kind !== "flag")) return false;
    const values = new Set(rows.slice(0, 2000).map((row) => row[index]));
    return values.size > 1 && values.size <= MOST_COLOURS;
  });
  const kind = kinds[x] === "moment" ? "line" : kinds[x] === "number" ? "point" : "bar";
  return { kind, x: columns[x], y: columns[number], colour: colour < 0 ? "" : columns[colour] };
}

export class Chart {
  /** `changed(choice)` is called when someone chooses another chart; without it nobody can. */
  constructor(place, changed = null) {
    this.place = place;
    this.changed = changed;
    this.choice = null;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.shown && this.draw());
    new ResizeObserver(() => this.resized()).observe(place);
  }

  /** Another result; `choice` is {kind, x, y, colour}, or null for what suits it. */
  fill(result, choice) {
    this.result = result;
    const usable = choice && result.columns.includes(choice.x) && result.columns.includes(choice.y);
    this.choice = usable ? { ...choice } : suggestion(result.columns, result.types, result.rows);
  }

  async draw() {
    this.shown = true;
    this.place.replaceChildren();
    if (!this.result || !this.choice) {
      this.say(this.result ? "A chart needs a column of numbers and one to lay them along." : "Run a query first.");
      return;
    }
    if (this.changed) this.place.append(this.form());
    const target = document.createElement("div");
    target.className = "chart-place";
    target.tabIndex = 0;
    target.setAttribute("aria-label", "Chart; scrolls where it is wider than the page");
    target.setAttribute("role", "region");
    this.place.append(target);
    try {
      const { expressionInterpreter } = await vega();
      const { clientWidth, clientHeight } = target;
      const style = getComputedStyle(target);
      const width = clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 8;
      const spec = window.vegaLite.compile(this.spec(width, this.height(clientHeight))).spec;
      this.view?.finalize();
      this.view = new window.vega.View(window.vega.parse(spec, null, { ast: true }), {
        expr: expressionInterpreter, renderer: "svg", container: target, hover: true, logLevel: window.vega.Error,
        tooltip: (_, event, __, value) => this.tip(target, event, value),
      });
      this.view.description(this.inWords());
      await this.view.runAsync();
      this.size = [this.place.clientWidth, this.place.clientHeight].join();
    } catch (error) {
      this.say(`The chart cannot be drawn: ${error.message}`);
    }
  }

  /** Bars across take the room that their names need. */
  height(room) {
    const { kind, x } = this.choice;
    if (kind !== "bars") return Math.max(220, room - 30);
    const column = this.result.columns.indexOf(x);
    return new Set(this.result.rows.map((row) => row[column])).size * 26 + 50;
  }

  /** What is under the pointer, beside it. */
  tip(target, event, value) {
    this.note?.remove();
    if (!value) return;
    this.note = document.createElement("div");
    this.note.className = "tip";
    const lines = typeof value === "object" ? Object.entries(value).map(([name, each]) => `${name}: ${each}`) : [value];
    this.note.textContent = lines.join("\n");
    target.append(this.note);
    const { left, top, width } = target.getBoundingClientRect();
    this.note.style.left = `${Math.min(event.clientX - left + 14, width - this.note.offsetWidth - 8)}px`;
    this.note.style.top = `${event.clientY - top + 14}px`;
  }

  hide() {
    this.shown = false;
  }

  resized() {
    if (!this.shown || !this.size || this.size === [this.place.clientWidth, this.place.clientHeight].join()) return;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.draw(), 150);
  }

  say(text) {
    const words = document.createElement("p");
    words.className = "empty";
    words.textContent = text;
    this.place.replaceChildren(words);
  }

  inWords() {
    const { kind, x, y, colour } = this.choice;
    return `${KINDS[kind] || kind} of ${y} by ${x}${colour ? `, coloured by ${colour}` : ""}; the table has the same figures.`;
  }

  form() {
    const form = document.createElement("div");
    form.className = "chart-form";
    const columns = Object.fromEntries(this.result.columns.map((name) => [name, name]));
    const add = (label, key, options) => {
      const outer = document.createElement("label");
      const select = document.createElement("select");
      for (const [value, text] of Object.entries(options)) select.append(new Option(text, value, false, this.choice[key] === value));
      select.dataset.key = key;
      select.addEventListener("change", () => {
        this.choice = { ...this.choice, [key]: select.value };
        this.changed(this.choice);
        this.draw().then(() => this.place.querySelector(`select[data-key="${key}"]`)?.focus());
      });
      outer.append(label, select);
      form.append(outer);
    };
    add("Chart", "kind", KINDS);
    add("Along", "x", columns);
    add("Up", "y", columns);
    add("Colour", "colour", { "": "none", ...columns });
    if (this.result.rows.length > MOST_POINTS) {
      const note = document.createElement("span");
      note.className = "told";
      note.textContent = `first ${MOST_POINTS.toLocaleString()} rows`;
      form.append(note);
    }
    return form;
  }

  /** The Vega-Lite specification. Columns are c0, c1, ... in it: their names may hold what Vega reads as a path. */
  spec(width, height) {
    const { columns, types, rows } = this.result;
    const { kind, x, y, colour, stack, order, format, low, high } = this.choice;
    const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const channel = (name, more = {}) => {
      const index = columns.indexOf(name);
      const of = kindOf(types[index]);
      const type = of === "number" ? "quantitative" : of === "moment" ? "temporal" : "nominal";
      return { field: `c${index}`, type, title: name, ...(type === "temporal" ? { scale: { type: "utc" } } : {}), ...more };
    };
    const along = channel(x, kind === "bar" || kind === "heat" ? { axis: { labelLimit: 140, ...(kindOf(types[columns.indexOf(x)]) === "number" ? { labelAngle: 0 } : {}) } } : {});
    if (along.type === "nominal") along.sort = null; // as the query orders it
    if ((kind === "bar" || kind === "heat") && along.type === "temporal") Object.assign(along, { type: "ordinal", timeUnit: "utcyearmonthdate", scale: undefined });
    if ((kind === "bar" || kind === "heat") && along.type === "quantitative") along.type = "ordinal";
    const words = (name) => (name || "").replaceAll("_", " ");
    const up = channel(y, { title: words(y), ...(format ? { axis: { format, tickCount: 6 }, scale: { domainMin: 0 } } : {}) });
    along.title = words(x);
    if (kind === "bar" && stack) up.stack = "zero";
    const encoding = kind === "bars" ? { y: { ...along, title: null, axis: { labelLimit: Math.max(110, width * 0.35) } }, x: up } : { x: along, y: up };
    if (kind === "bars" && along.type === "quantitative") encoding.y.type = "ordinal";
    if (kind === "heat") {
      encoding.y = colour ? channel(colour, { sort: null }) : up;
      encoding.color = colour ? { ...up, axis: undefined, legend: { format }, scale: { scheme: "blues" } } : undefined;
      if (colour && encoding.y.type === "temporal") Object.assign(encoding.y, { type: "ordinal", timeUnit: "utcyearmonthdate", scale: undefined });
    } else if (colour && columns.includes(colour)) {
      const few = channel(colour, iris(rows, columns.indexOf(colour)) ? { legend: { labelExpr: "slice(datum.label, lastindexof(datum.label, '/') + 1)" } } : {});
      encoding.color = { ...few, type: few.type === "quantitative" ? "quantitative" : "nominal", scale: few.type === "quantitative" ? { scheme: "blues" } : { scheme: "tableau10" } };
    }
    if (order && encoding.color) {
      Object.assign(encoding.color, { sort: null, scale: { domain: order, range: ORDERED.slice(0, order.length) } });
      encoding.order = { field: "rank", type: "quantitative" };
    }
    encoding.tooltip = [...new Set([x, y, colour])].filter((name) => columns.includes(name)).map((name) => channel(name, { scale: undefined, ...(format && name === y ? { format } : {}) }));
    if (colour && encoding.color && kind !== "heat" && width < 500) encoding.color.legend = { ...encoding.color.legend, orient: "bottom", columns: 2 };
    const marks = {
      bar: { type: "bar", cornerRadiusEnd: 2 }, bars: { type: "bar", cornerRadiusEnd: 2 }, line: { type: "line", point: rows.length < 200, strokeWidth: 2 },
      area: { type: "area", opacity: 0.75, line: true }, point: { type: "point", filled: true, opacity: 0.7 }, heat: { type: "rect" },
    };
    const ink = css("--ink");
    const quiet = css("--quiet");
    const edge = css("--edge");
    const mark = marks[kind] || marks.bar;
    // An interval, where the rows have its ends.
    const around = low && high ? { layer: [
      { mark, encoding },
      { mark: { type: "rule", color: css("--ink") }, encoding: { x: along, y: channel(low, { title: words(y) }), y2: { field: channel(high).field } } },
    ] } : { mark, encoding };
    return {
      width, height, autosize: { type: "fit", contains: "padding" }, background: "transparent",
      data: { values: rows.slice(0, MOST_POINTS).map((row) => Object.fromEntries(row.map((value, index) => [`c${index}`, value]))) },
      transform: order && colour ? [{ calculate: `indexof(${JSON.stringify(order)}, datum.c${columns.indexOf(colour)})`, as: "rank" }] : [],
      ...around,
      config: {
        // The whole has a description, and the table the figures: no mark needs a name of its own.
        font: "system-ui, sans-serif", view: { stroke: null }, mark: { color: css("--link"), aria: false },
        axis: { aria: false, labelColor: quiet, titleColor: ink, gridColor: edge, domainColor: edge, tickColor: edge, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 600 },
        axisX: { grid: false },
        legend: { aria: false, labelColor: quiet, titleColor: ink, labelFontSize: 12, labelLimit: 180 },
      },
    };
  }
}
