"use strict";
// Tables sort by a click on a column's name; without scripts they stay in their order.
(() => {
  const minus = /\u2212/g;
  const number = (text) => {
    const found = text.replace(minus, "-").replace(/[\u202f\u00a0]/g, "").match(/-?\d+(\.\d+)?(e[+-]?\d+)?/);
    return found ? Number(found[0]) : NaN;
  };
  const compare = (isNumber) => (a, b) => {
    if (!isNumber) return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
    const [x, y] = [number(a.text), number(b.text)];
    // What has no number stays at the end in both directions.
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return x - y;
  };
  const sort = (table, header, column) => {
    const body = table.tBodies[0];
    const falling = header.getAttribute("aria-sort") === "ascending";
    const isNumber = header.classList.contains("number");
    const fixed = [...body.rows].filter((row) => row.classList.contains("average"));
    const rows = [...body.rows].filter((row) => !row.classList.contains("average"));
    const keyed = rows.map((row) => ({ row, text: row.cells[column].textContent.trim() }));
    keyed.sort(compare(isNumber));
    if (falling) keyed.reverse();
    for (const { row } of keyed) body.append(row);
    for (const row of fixed) body.append(row);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", falling ? "descending" : "ascending");
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    if (!table.tHead || !table.tBodies.length) continue;
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = "sort";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sort(table, header, column));
    });
  }
})();
