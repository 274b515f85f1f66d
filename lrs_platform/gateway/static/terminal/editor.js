// The editor: CodeMirror 5 with completion of views, columns and functions, and a mark where something is wrong.

const KEYWORDS = (
  "select from where group by having order limit offset join left inner full cross lateral on using as with union all " +
  "except intersect distinct case when then else end and or not in exists between like ilike is null true false asc " +
  "desc nulls first last filter over partition rows range between current row preceding following interval cast values"
).split(" ");

// Words of the language, so that a column called day or name does not look like one.
const MODE = {
  name: "sql",
  keywords: setOf([...KEYWORDS, "with", "recursive", "lateral", "grouping", "sets", "rollup", "cube", "within", "at", "time", "zone", "array", "any", "some", "fetch", "only", "window", "table", "collate", "similar", "to", "for", "both"]),
  builtin: setOf("int integer bigint smallint numeric decimal real double precision text varchar boolean date timestamp timestamptz interval json jsonb uuid".split(" ")),
  atoms: setOf(["true", "false", "null"]),
  dateSQL: setOf([]),
  operatorChars: /^[*+\-%<>!=&|^/#@?~]/,
  support: setOf(["ODBCdotTable", "decimallessFloat", "zerolessFloat", "binaryNumber"]),
};

function setOf(words) {
  return Object.fromEntries(words.map((word) => [word, true]));
}

export class Editor {
  /** `run()` is called for Ctrl-Enter, `change()` after every edit. */
  constructor(textarea, { run, change }) {
    this.views = [];
    this.functions = [];
    this.marks = [];
    this.code = window.CodeMirror.fromTextArea(textarea, {
      mode: MODE,
      lineNumbers: true,
      lineWrapping: true,
      matchBrackets: true,
      autoCloseBrackets: true,
      placeholder: "select …",
      screenReaderLabel: "SQL query",
      indentUnit: 4,
      hintOptions: { hint: (code) => this.hint(code), completeSingle: false, closeOnUnfocus: true },
      // Tab moves on: a keyboard must be able to leave the editor.
      extraKeys: {
        "Ctrl-Enter": run, "Cmd-Enter": run, "Ctrl-Space": "autocomplete", "Ctrl-/": "toggleComment", Tab: false,
        "Shift-Tab": false, "Ctrl-]": "indentMore", "Ctrl-[": "indentLess",
      },
    });
    this.code.on("changes", () => {
      this.clear();
      change();
    });
    this.code.on("inputRead", (code, edit) => {
      const typed = edit.text[0];
      if (/^[\w.]$/.test(typed) && !code.state.completionActive && this.completes()) code.showHint();
    });
  }

  get text() {
    return this.code.getValue();
  }

  set text(sql) {
    this.code.setValue(sql);
    this.code.clearHistory();
  }

  /** What is selected, where more than a blank is. */
  get selection() {
    const selected = this.code.getSelection();
    return selected.trim() ? selected : "";
  }

  /** Call `told` whenever the selection changes. */
  onSelection(told) {
    this.code.on("cursorActivity", told);
  }

  insert(text) {
    this.code.replaceSelection(text);
    this.code.focus();
  }

  focus() {
    this.code.focus();
  }

  /** Underline the word at a line and column, both counted from 1. */
  mark(line, column) {
    const from = { line: line - 1, ch: column - 1 };
    const end = this.code.findWordAt(from).to();
    const to = end.ch > from.ch ? end : { line: from.line, ch: from.ch + 1 };
    this.marks.push(this.code.markText(from, to, { className: "wrong" }));
    this.code.scrollIntoView(from);
  }

  clear() {
    for (const mark of this.marks.splice(0)) mark.clear();
  }

  /** Not inside texts and comments. */
  completes() {
    const type = this.code.getTokenTypeAt(this.code.getCursor()) || "";
    return !/string|comment|number/.test(type);
  }

  hint(code) {
    const cursor = code.getCursor();
    const before = code.getLine(cursor.line).slice(0, cursor.ch);
    const [, owner, part] = before.match(/(?:(\w+)\.)?(\w*)$/);
    const found = owner ? this.below(owner) : this.anywhere();
    const wanted = part.toLowerCase();
    const list = found
      .filter(({ text }) => text.toLowerCase().startsWith(wanted) && text.toLowerCase() !== wanted)
      .slice(0, 60)
      .map(({ text, about }) => ({
        text,
        render: (element) => {
          element.append(text);
          const note = document.createElement("small");
          note.textContent = about;
          element.append(note);
        },
      }));
    return { list, from: { line: cursor.line, ch: cursor.ch - part.length }, to: cursor };
  }

  /** What follows `owner.`: views of the schema, or columns of the view that it names or stands for. */
  below(owner) {
    if (owner.toLowerCase() === "report") return this.views.map((view) => ({ text: view.name, about: "view" }));
    const alias = new RegExp(`(\\w+)\\s+(?:as\\s+)?${owner}\\b`, "i").exec(this.text);
    const names = [owner, alias && alias[1]].filter(Boolean).map((name) => name.toLowerCase());
    const view = this.views.find((each) => names.includes(each.name));
    return view ? columnsOf(view) : [];
  }

  anywhere() {
    const text = this.text.toLowerCase();
    const read = this.views.filter((view) => new RegExp(`\\b${view.name}\\b`).test(text));
    return [
      ...unique(read.flatMap(columnsOf)),
      ...this.views.map((view) => ({ text: `report.${view.name}`, about: "view" })),
      ...KEYWORDS.map((word) => ({ text: word, about: "" })),
      ...this.views.map((view) => ({ text: view.name, about: "view" })),
      ...this.functions.map((name) => ({ text: `${name}(`, about: "function" })),
    ];
  }
}

const columnsOf = (view) => view.columns.map((column) => ({ text: column.name, about: column.type }));

function unique(found) {
  const names = new Set();
  return found.filter(({ text }) => !names.has(text) && names.add(text));
}
