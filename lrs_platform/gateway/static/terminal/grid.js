// A table of any size: only the cells in sight are in the page. Arrow keys move, Enter opens a value, a click on a
// heading sorts (WAI-ARIA grid pattern).

import { comparer, kindOf, shown, whole } from "./values.js";

const ROW = 28; // pixels, as in terminal.css
const SPARE = 6; // rows beyond the edge, so that scrolling shows no gap
const NARROWEST = 56;
const WIDEST = 360;

export class Grid {
  /** `place` is an element that scrolls; `open(name, text)` shows one value in full. */
  constructor(place, open) {
    this.place = place;
    this.open = open;
    this.columns = [];
    place.tabIndex = 0;
    place.setAttribute("role", "grid");
    place.setAttribute("aria-label", "Rows of the result");
    place.addEventListener("scroll", () => this.later(), { passive: true });
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("click", (event) => this.click(event));
    place.addEventListener("dblclick", (event) => event.target.closest(".row .cell") && this.show());
    new ResizeObserver(() => this.later()).observe(place);
  }

  /** Show a result from its beginning. */
  fill(columns, types, rows) {
    this.columns = columns;
    this.types = types;
    this.kinds = types.map(kindOf);
    this.rows = rows;
    this.order = rows.map((_, index) => index);
    this.sorted = { column: -1, down: false };
    this.at = { row: 0, column: 0 };
    this.letter = letterOf(this.place);
    this.lefts = [0];
    columns.forEach((name, column) => this.lefts.push(this.lefts[column] + this.widthOf(name, column)));
    this.place.replaceChildren();
    this.place.scrollTop = this.place.scrollLeft = 0;
    this.place.setAttribute("aria-rowcount", String(rows.length + 1));
    this.place.setAttribute("aria-colcount", String(columns.length));
    this.head = this.element("div", "head", "row");
    this.head.setAttribute("aria-rowindex", "1");
    this.body = this.element("div", "body", "rowgroup");
    const width = this.lefts[columns.length];
    this.head.style.width = this.body.style.width = `${width}px`;
    this.body.style.height = `${rows.length * ROW}px`;
    this.body.style.position = "relative";
    const top = this.element("div", "", "rowgroup");
    top.style.display = "contents";
    top.append(this.head);
    this.place.append(top, this.body);
    this.draw();
  }

  /** Rows in the order in which they are shown. */
  inOrder() {
    return this.order.map((index) => this.rows[index]);
  }

  widthOf(name, column) {
    let letters = name.length + 3;
    const step = Math.max(1, Math.floor(this.rows.length / 200));
    for (let row = 0; row < this.rows.length; row += step) {
      letters = Math.max(letters, shown(this.rows[row][column], this.types[column]).length);
    }
    return Math.round(Math.min(WIDEST, Math.max(NARROWEST, letters * this.letter + 22)));
  }

  element(tag, name, role) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.setAttribute("role", role);
    return made;
  }

  later() {
    if (this.waiting || !this.columns.length) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.draw();
    });
  }

  /** Columns and rows in sight. */
  sight() {
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.place;
    let first = 0;
    while (first < this.columns.length - 1 && this.lefts[first + 1] < scrollLeft) first += 1;
    let last = first;
    while (last < this.columns.length - 1 && this.lefts[last + 1] < scrollLeft + clientWidth) last += 1;
    const top = Math.max(0, Math.floor(scrollTop / ROW) - SPARE);
    const bottom = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / ROW) + SPARE);
    return { first, last, top, bottom };
  }

  draw() {
    const { first, last, top, bottom } = this.sight();
    const headings = [];
    for (let column = first; column <= last; column += 1) headings.push(this.heading(column));
    this.head.replaceChildren(...headings);
    const rows = [];
    for (let row = top; row < bottom; row += 1) {
      const line = this.element("div", "row", "row");
      line.style.top = `${row * ROW}px`;
      line.style.width = this.body.style.width;
      line.setAttribute("aria-rowindex", String(row + 2));
      const values = this.rows[this.order[row]];
      for (let column = first; column <= last; column += 1) line.append(this.cell(row, column, values[column]));
      rows.push(line);
    }
    this.body.replaceChildren(...rows);
    const active = document.getElementById(`cell-${this.at.row}-${this.at.column}`);
    if (active) this.place.setAttribute("aria-activedescendant", active.id);
    else this.place.removeAttribute("aria-activedescendant");
  }

  heading(column) {
    const cell = this.element("div", this.kinds[column] === "number" ? "cell figures" : "cell", "columnheader");
    this.put(cell, column);
    const { column: by, down } = this.sorted;
    cell.setAttribute("aria-sort", by !== column ? "none" : down ? "descending" : "ascending");
    cell.title = `${this.columns[column]}: ${this.types[column]}. Click to sort.`;
    cell.textContent = this.columns[column];
    if (by === column) {
      const sign = document.createElement("span");
      sign.className = "sign";
      sign.setAttribute("aria-hidden", "true");
      sign.textContent = down ? " ↓" : " ↑";
      cell.append(sign);
    }
    return cell;
  }

  cell(row, column, value) {
    const cell = this.element("div", "cell", "gridcell");
    if (this.kinds[column] === "number") cell.classList.add("figures");
    if (value === null) cell.classList.add("nothing");
    if (row === this.at.row && column === this.at.column) cell.classList.add("active");
    cell.id = `cell-${row}-${column}`;
    this.put(cell, column);
    cell.textContent = shown(value, this.types[column]);
    return cell;
  }

  put(cell, column) {
    cell.style.left = `${this.lefts[column]}px`;
    cell.style.width = `${this.lefts[column + 1] - this.lefts[column]}px`;
    cell.dataset.column = String(column);
    cell.setAttribute("aria-colindex", String(column + 1));
  }

  sort(column) {
    const down = this.sorted.column === column && !this.sorted.down;
    const compare = comparer(this.kinds[column]);
    this.order.sort((a, b) => {
      const one = this.rows[a][column];
      const other = this.rows[b][column];
      if (one === null || other === null) return (one === null) - (other === null) || a - b;
      return (down ? -compare(one, other) : compare(one, other)) || a - b;
    });
    this.sorted = { column, down };
    this.draw();
  }

  click(event) {
    const cell = event.target.closest(".cell");
    if (!cell) return;
    const column = Number(cell.dataset.column);
    if (cell.parentElement === this.head) {
      this.sort(column);
      return;
    }
    this.at = { row: Number(cell.parentElement.getAttribute("aria-rowindex")) - 2, column };
    this.draw();
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.place.clientHeight / ROW) - 2);
    const end = { row: this.rows.length - 1, column: this.columns.length - 1 };
    const all = event.ctrlKey || event.metaKey;
    const moves = {
      ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [page, 0], PageUp: [-page, 0],
      Home: [all ? -end.row : 0, -end.column], End: [all ? end.row : 0, end.column],
    };
    if (moves[event.key]) this.move(...moves[event.key], end);
    else if (event.key === "Enter") this.show();
    else if (event.key === "s" && !all) this.sort(this.at.column);
    else if (event.key === "c" && all && !String(getSelection())) navigator.clipboard?.writeText(whole(this.value()));
    else return;
    event.preventDefault();
  }

  move(down, right, end) {
    this.at = {
      row: Math.max(0, Math.min(end.row, this.at.row + down)),
      column: Math.max(0, Math.min(end.column, this.at.column + right)),
    };
    const { row, column } = this.at;
    const { scrollTop, clientHeight, scrollLeft, clientWidth } = this.place;
    if (row * ROW < scrollTop) this.place.scrollTop = row * ROW;
    else if ((row + 2) * ROW > scrollTop + clientHeight) this.place.scrollTop = (row + 2) * ROW - clientHeight;
    if (this.lefts[column] < scrollLeft) this.place.scrollLeft = this.lefts[column];
    else if (this.lefts[column + 1] > scrollLeft + clientWidth) this.place.scrollLeft = this.lefts[column + 1] - clientWidth;
    this.draw();
  }

  value() {
    const row = this.rows[this.order[this.at.row]];
    return row ? row[this.at.column] : null;
  }

  show() {
    if (this.rows.length) this.open(this.columns[this.at.column], this.value() === null ? "null" : whole(this.value()));
  }
}

/** Width in pixels of a letter of the place's font, all of one width. */
function letterOf(place) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = getComputedStyle(place).font;
  return pen.measureText("0123456789").width / 10;
}
