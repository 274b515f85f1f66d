// Keeps a debug page live: the server says that something changed, the page fetches itself, opened details stay open.
const live = () => document.getElementById("live");
const source = live() && live().dataset.events;
if (source) {
  if (live().hasAttribute("data-refresh")) refreshAsAddressed();
  const events = new EventSource(source);
  events.addEventListener("changed", () => {
    if (!document.hidden) htmx.trigger(live(), "changed");
  });
}
// A page with a filter in its address refreshes with that filter.
function refreshAsAddressed() {
  const wanted = new URLSearchParams(location.search);
  wanted.set("format", "html");
  live().setAttribute("hx-get", `${location.pathname}?${wanted}`);
  htmx.process(live());
}
let opened = [];
document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("details[open]")].map((details) => details.id);
});
document.addEventListener("htmx:afterSettle", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (live().hasAttribute("data-refresh") && !live().hasAttribute("hx-get")) refreshAsAddressed();
});
