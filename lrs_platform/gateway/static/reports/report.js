// A report's chart, drawn from the rows that the page brings along; drawn anew when a filter brings others.

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

document.addEventListener("htmx:afterSettle", draw);
draw();
