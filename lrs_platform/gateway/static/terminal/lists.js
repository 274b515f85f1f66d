// The lists at the side: queries, views, what was run before. Text from the server is only ever set as text.

const HISTORY = "lrs.sql.history";
const MOST = 50;

/** What was run in this browser, newest first. */
export function history() {
  try {
    return JSON.parse(localStorage.getItem(HISTORY)) || [];
  } catch {
    return [];
  }
}

export function remember(entry) {
  const others = history().filter((each) => each.sql !== entry.sql);
  try {
    localStorage.setItem(HISTORY, JSON.stringify([entry, ...others].slice(0, MOST)));
  } catch {
    // storage is full or forbidden: history is a convenience
  }
}

export class Lists {
  /** `choose(query)`, `insert(text)`, `remove(query)`, `ask(sql)` act on what is clicked. */
  constructor(side, actions) {
    this.side = side;
    this.actions = actions;
    this.place = side.querySelector("#list");
    this.find = side.querySelector("#find");
    this.shown = "queries";
    this.prebuilt = [];
    this.saved = [];
    this.views = [];
    this.current = "";
    this.find.addEventListener("input", () => this.draw());
    tabs(side.querySelector(".tabs"), (tab) => this.show(tab.dataset.list));
  }

  show(name) {
    this.shown = name;
    this.place.setAttribute("aria-labelledby", `tab-${name}`);
    this.find.value = "";
    this.draw();
  }

  draw() {
    const wanted = this.find.value.trim().toLowerCase();
    const has = (...texts) => texts.some((text) => (text || "").toLowerCase().includes(wanted));
    const parts = { queries: () => this.queries(has), views: () => this.schema(has, wanted), history: () => this.past(has) };
    const made = parts[this.shown]();
    this.place.replaceChildren(...(made.length ? made : [text("p", "none", wanted ? "Nothing is found." : this.nothing())]));
  }

  nothing() {
    return { queries: "No queries yet.", views: "The views cannot be listed just now.", history: "What you run is listed here, in this browser only." }[this.shown];
  }

  queries(has) {
    const groups = [
      ["Mine", this.saved.filter((query) => query.mine)],
      ["Shared", this.saved.filter((query) => !query.mine)],
      ["Prebuilt", this.prebuilt],
    ];
    return groups.flatMap(([title, queries]) => {
      const found = queries.filter((query) => has(query.name, query.sql));
      if (!found.length) return [];
      const list = document.createElement("ul");
      for (const query of found) list.append(this.entry(query, title));
      return [text("h3", "", title), list];
    });
  }

  entry(query, title) {
    const item = document.createElement("li");
    const button = text("button", "entry", query.name);
    button.type = "button";
    button.title = query.name;
    if (query.query_id === this.current) button.setAttribute("aria-current", "true");
    if (title === "Shared") button.append(text("small", "", `by ${query.owner}`));
    button.addEventListener("click", () => this.actions.choose(query));
    item.append(button);
    if (query.mine) {
      item.className = "mine";
      const remove = text("button", "remove", "×");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove ${query.name}`);
      remove.addEventListener("click", () => this.actions.remove(query));
      item.append(remove);
    }
    return item;
  }

  schema(has, wanted) {
    return this.views
      .filter((view) => has(view.name, view.comment, ...view.columns.map((column) => column.name)))
      .map((view) => {
        const details = document.createElement("details");
        details.open = Boolean(wanted) && !view.name.includes(wanted);
        details.append(text("summary", "", view.name));
        if (view.comment) details.append(text("p", "", view.comment));
        const look = text("button", "column", "Show 100 rows");
        look.type = "button";
        look.addEventListener("click", () => this.actions.ask(`select *\nfrom report.${view.name}\nlimit 100`));
        details.append(look);
        for (const column of view.columns) {
          const line = document.createElement("button");
          line.type = "button";
          line.className = "column";
          line.title = column.description || `${column.name}: ${column.type}`;
          line.append(text("span", "", column.name), text("span", "", short(column.type)));
          line.addEventListener("click", () => this.actions.insert(column.name));
          details.append(line);
        }
        return details;
      });
  }

  past(has) {
    const list = document.createElement("ul");
    for (const entry of history().filter((each) => has(each.sql))) {
      const item = document.createElement("li");
      const button = text("button", "entry code", entry.sql.replace(/\s+/g, " ").slice(0, 200));
      button.type = "button";
      button.title = entry.sql;
      button.append(text("small", "", `${new Date(entry.at).toLocaleString()} · ${entry.told}`));
      button.addEventListener("click", () => this.actions.choose({ query_id: "", name: "", sql: entry.sql, chart: null, mine: false }));
      item.append(button);
      list.append(item);
    }
    return list.children.length ? [list] : [];
  }
}

function text(tag, name, words) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = words;
  return made;
}

function short(type) {
  return type.replace("timestamp with time zone", "timestamptz").replace("double precision", "float8").replace("character varying", "text");
}

/** Tabs by the WAI-ARIA pattern: arrow keys move among them; `chosen(tab)` is called. */
export function tabs(list, chosen) {
  const all = [...list.querySelectorAll('[role="tab"]')];
  const choose = (tab) => {
    for (const each of all) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
    }
    chosen(tab);
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = all[(all.indexOf(document.activeElement) + step + all.length) % all.length];
    choose(next);
    next.focus();
    event.preventDefault();
  });
  return choose;
}
