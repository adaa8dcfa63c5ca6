"use strict";
// Tables sort by a click on a column's name; a box above documents shows those that hold what is
// typed. Without scripts tables stay in their order and all documents are there.
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
  const plain = (text) => text.normalize("NFKC").trim().toLowerCase();
  const filter = (documents, groups, wanted) => {
    for (const { element, text } of documents) element.hidden = !text.includes(wanted);
    for (const group of groups) {
      group.hidden = !group.querySelector("tbody.document:not([hidden])");
      if (wanted && !group.hidden) group.open = true;
    }
  };
  for (const section of document.querySelectorAll("section")) {
    const elements = [...section.querySelectorAll("tbody.document")];
    if (!elements.length) continue;
    const documents = elements.map((element) => ({ element, text: plain(element.textContent) }));
    const groups = [...section.querySelectorAll("details")].filter((group) => group.querySelector("tbody.document"));
    const box = document.createElement("input");
    box.type = "search";
    box.dir = "auto";
    box.placeholder = `Filter ${documents.length} documents`;
    box.setAttribute("aria-label", box.placeholder);
    box.addEventListener("input", () => filter(documents, groups, plain(box.value)));
    groups[0].before(box);
  }
})();
