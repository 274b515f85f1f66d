// How a question was read, as chips that can be changed: the figure, what it is restricted to, broken down by, when, ranked.

const WORDS = { week_no: "week since the beginning", day_no: "day since delivery", card_number: "card number" };
const word = (name) => WORDS[name] || name.replaceAll("_", " ");

/** Fill `place` with the chips of `intent`; `changed(intent)` is called with another one. */
export function chips(place, intent, vocabulary, changed) {
  const figure = vocabulary.figures.find((each) => each.name === intent.figure);
  place.replaceChildren();
  if (!figure) return;
  const clean = (more) => changed({ ...intent, ...more });
  place.append(chip("Figure", select(vocabulary.figures.map((each) => [each.name, each.title]), intent.figure, (name) => changed(moved(intent, vocabulary, name)))));
  for (const [dimension, values] of Object.entries(intent.filters || {})) {
    const without = () => clean({ filters: Object.fromEntries(Object.entries(intent.filters).filter(([name]) => name !== dimension)) });
    place.append(chip(word(dimension), valueOf(dimension, values, figure, vocabulary, (value) => clean({ filters: { ...intent.filters, [dimension]: [value] } })), without));
  }
  for (const dimension of intent.by || []) {
    const others = figure.dimensions.filter((each) => each === dimension || !intent.by.includes(each));
    const put = (name) => clean({ by: intent.by.map((each) => (each === dimension ? name : each)) });
    place.append(chip("by", select(others.map((each) => [each, word(each)]), dimension, put), () => clean({ by: intent.by.filter((each) => each !== dimension), ...(intent.by.length === 1 ? { order: "", limit: null } : {}) })));
  }
  if (figure.days) place.append(days(intent, clean));
  if (intent.by?.length) place.append(ranking(intent, clean));
  place.append(adding(intent, figure, vocabulary, clean));
}

/** The intent with another figure, and what that one can have of the rest. */
function moved(intent, vocabulary, name) {
  const figure = vocabulary.figures.find((each) => each.name === name);
  const by = (intent.by || []).filter((each) => figure.dimensions.includes(each));
  const filters = Object.fromEntries(Object.entries(intent.filters || {}).filter(([each]) => figure.filterable.includes(each) && !(each in figure.values)));
  const day = figure.days ? {} : { from_day: null, to_day: null };
  return { ...intent, figure: name, by, filters, ...day, ...(by.length ? {} : { order: "", limit: null }) };
}

function chip(text, control, remove = null) {
  const made = document.createElement("span");
  made.className = "chip";
  const label = document.createElement("label");
  label.append(text, control);
  if (control.tagName === "SELECT") control.setAttribute("aria-label", text); // else its options are part of its name
  made.append(label);
  if (remove) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", `Remove ${text} ${control.selectedOptions?.[0]?.text || control.value || ""}`);
    button.addEventListener("click", remove);
    made.append(button);
  }
  return made;
}

function select(options, value, changed) {
  const made = document.createElement("select");
  for (const [each, text] of options) made.append(new Option(text, each, false, each === value));
  made.addEventListener("change", () => changed(made.value));
  return made;
}

function valueOf(dimension, values, figure, vocabulary, changed) {
  const names = vocabulary.names[dimension];
  if (names && values.length === 1) {
    const options = names.some((each) => each.id === values[0].id) ? names : [values[0], ...names];
    return select(options.map((each) => [String(each.id), each.name]), String(values[0].id), (id) => changed(options.find((each) => String(each.id) === id)));
  }
  if (figure.values[dimension]) {
    return select(figure.values[dimension].map((each) => [each, each.replaceAll("_", " ")]), values[0].id, (id) => changed({ id, name: id.replaceAll("_", " ") }));
  }
  const text = document.createElement("b");
  text.textContent = values.map((each) => each.name).join(", ").slice(0, 80);
  return text;
}

function days(intent, clean) {
  const made = document.createElement("span");
  made.className = "chip";
  for (const [key, text] of [["from_day", "from"], ["to_day", "to"]]) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "date";
    input.value = intent[key] || "";
    input.addEventListener("change", () => clean({ [key]: input.value || null }));
    label.append(text, input);
    made.append(label);
  }
  return made;
}

function ranking(intent, clean) {
  const order = select([["", "as it comes"], ["desc", "highest first"], ["asc", "lowest first"]], intent.order || "", (value) => clean({ order: value }));
  const made = chip("order", order);
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "number", min: 1, max: 1000, value: intent.limit || "", placeholder: "all" });
  input.addEventListener("change", () => clean({ limit: input.value ? Math.min(1000, Math.max(1, Number(input.value))) : null }));
  label.append("rows", input);
  made.append(label);
  return made;
}

/** One more breakdown, or one more restriction. */
function adding(intent, figure, vocabulary, clean) {
  const options = [["", "add …"]];
  for (const each of figure.dimensions) if (!(intent.by || []).includes(each)) options.push([`by:${each}`, `by ${word(each)}`]);
  for (const each of figure.filterable) {
    if (!(each in (intent.filters || {})) && (vocabulary.names[each]?.length || figure.values[each])) options.push([`of:${each}`, `only one ${word(each)}`]);
  }
  const control = select(options, "", (chosen) => {
    const [kind, name] = chosen.split(":");
    if (kind === "by") return clean({ by: [...(intent.by || []), name] });
    const value = vocabulary.names[name]?.[0] || { id: figure.values[name][0], name: figure.values[name][0].replaceAll("_", " ") };
    return clean({ filters: { ...(intent.filters || {}), [name]: [value] } });
  });
  control.setAttribute("aria-label", "Add a breakdown or a restriction");
  const made = document.createElement("span");
  made.className = "chip add";
  made.append(control);
  return made;
}
