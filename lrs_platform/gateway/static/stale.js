// Says so when a page that refreshes itself cannot: old figures that look live are worse than none.
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) document.getElementById("stale").hidden = true;
});
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    document.getElementById("stale").hidden = false;
  });
}
