// Values as Postgres gives them: which kind a type is, how a value is shown, compared and written into files.

const FIGURES = /^(smallint|integer|bigint|real|double precision|numeric|money)/;
const MOMENTS = /^(date|timestamp)/;

/** number, moment, flag, data or text. */
export function kindOf(type) {
  if (type.endsWith("[]")) return "data";
  if (FIGURES.test(type)) return "number";
  if (MOMENTS.test(type)) return "moment";
  if (type === "boolean") return "flag";
  return type.startsWith("json") ? "data" : "text";
}

/** A value in a cell: one line; times to the second, in UTC as they come. */
export function shown(value, type) {
  if (value === null) return "null";
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  if (type.startsWith("timestamp")) return text.replace("T", " ").replace(/(\d\d:\d\d:\d\d)(\.\d+)?(\+00:00)?$/, "$1");
  return text.length > 300 ? `${text.slice(0, 300)}…`.replace(/\s+/g, " ") : text.replace(/\s+/g, " ");
}

/** A value in full, as it is copied. */
export function whole(value) {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

/** An order of values of one kind, upwards; nulls are last whichever way. */
export function comparer(kind) {
  if (kind === "number") return (a, b) => Number(a) - Number(b);
  if (kind === "text") {
    const collator = new Intl.Collator(undefined, { numeric: true });
    return (a, b) => collator.compare(a, b);
  }
  return (a, b) => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0);
}

// A text that a spreadsheet would run as a formula; learners write such texts, too.
const FORMULA = /^[=+\-@\t\r]/;

function field(value) {
  if (value === null) return "";
  let text = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (typeof value === "string" && FORMULA.test(text) && !/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** CSV (RFC 4180) with a line of names. */
export function csv(columns, rows) {
  return `${[columns, ...rows].map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

/** JSON: an array of objects; columns of one name are numbered. */
export function json(columns, rows) {
  const seen = new Map();
  const names = columns.map((name) => {
    const count = (seen.get(name) || 0) + 1;
    seen.set(name, count);
    return count > 1 ? `${name}_${count}` : name;
  });
  return JSON.stringify(rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]]))), null, 1);
}

/** Hand a text to the browser as a file. */
export function download(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
