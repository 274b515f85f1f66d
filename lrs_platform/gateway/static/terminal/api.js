// The terminal's side of /api/sql. A refusal comes back as a value, because it is an answer; what fails is thrown.

/** What went wrong on the way, in words for people. */
export class Away extends Error {}

/** Numbers that a float cannot hold are kept as the text that they came as. */
function exact(text) {
  const kept = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.]{15,}(?:[eE][+-]?\d+)?/g, (token) =>
    token[0] === '"' || String(Number(token)) === token ? token : `"${token}"`,
  );
  return JSON.parse(kept);
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { headers: { accept: "application/json", "content-type": "application/json" }, ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Away("The server does not answer. Is the platform running?");
  }
  const text = await answer.text();
  let body = {};
  try {
    body = text ? exact(text) : {};
  } catch {
    throw new Away(`The server answered with status ${answer.status} and no JSON.`);
  }
  if (answer.ok || body.refused) return body;
  if (answer.status === 401) throw new Away("Your login has ended: follow the login link again, in another tab, and run it again.");
  throw new Away(body.error || `The server answered with status ${answer.status}.`);
}

/** Run a query: {columns, types, rows, row_count, truncated, cut, took_ms} or {refused}. */
export const run = (sql, signal) => ask("/api/sql", { method: "POST", body: JSON.stringify({ sql }), signal });
export const schema = () => ask("/api/sql/schema");
export const queries = () => ask("/api/sql/queries");
export const query = (id) => ask(`/api/sql/queries/${encodeURIComponent(id)}`);
export const remove = (id) => ask(`/api/sql/queries/${encodeURIComponent(id)}`, { method: "DELETE" });

/** Keep a query; under its id where it has one, else under its name. */
export function save({ id, name, sql, chart, shared }) {
  const body = JSON.stringify({ name, sql, chart, shared });
  return id
    ? ask(`/api/sql/queries/${encodeURIComponent(id)}`, { method: "PUT", body })
    : ask("/api/sql/queries", { method: "POST", body });
}
