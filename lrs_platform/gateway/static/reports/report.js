// A report's chart, drawn from the rows that the page brings along; drawn anew when a filter brings others. The filters
// stand in the address: htmx's own history is off, because it would keep whole pages, with learners on them, in the browser.

import { Chart } from "../terminal/chart.js";

function draw() {
  for (const place of document.querySelectorAll("[data-chart]")) {
    const { choice, columns, types, rows } = JSON.parse(place.dataset.chart);
    place.removeAttribute("data-chart");
    const chart = new Chart(place);
    chart.fill({ columns, types, rows }, choice);
    chart.draw();
  }
}

function addressed(event) {
  if (event.target.id !== "live" && event.detail.elt?.id !== "live") return;
  const asked = event.detail.pathInfo?.finalRequestPath;
  if (asked?.startsWith("/ui/reports/")) history.replaceState(null, "", asked);
}

document.addEventListener("htmx:afterSwap", addressed);
document.addEventListener("htmx:afterSettle", draw);
draw();
