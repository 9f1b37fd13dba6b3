// Tables sort by the heading that is clicked; the network shows before or after; one currency at a time.
document.querySelectorAll("th").forEach((head) => {
  head.tabIndex = 0;
  const sort = () => {
    const table = head.closest("table"), body = table.tBodies[0], at = head.cellIndex;
    const up = head.getAttribute("aria-sort") !== "ascending";
    table.querySelectorAll("th").forEach((h) => h.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => { const cell = row.cells[at]; return cell.dataset.key === undefined ? cell.textContent : Number(cell.dataset.key); };
    [...body.rows].sort((a, b) => { const x = key(a), y = key(b); return (x < y ? -1 : x > y ? 1 : 0) * (up ? 1 : -1); })
      .forEach((row) => body.appendChild(row));
  };
  head.addEventListener("click", sort);
  head.addEventListener("keydown", (e) => { if (e.key === "Enter") sort(); });
});
document.querySelectorAll("button[data-stage]").forEach((button) => button.addEventListener("click", () => {
  const box = button.closest("section"), svg = box.querySelector("svg.network");
  svg.classList.toggle("after", button.dataset.stage === "after");
  box.querySelectorAll("button[data-stage]").forEach((b) => b.setAttribute("aria-pressed", b === button));
}));
document.querySelectorAll("button[data-currency]").forEach((button) => button.addEventListener("click", () => {
  document.querySelectorAll("[data-part]").forEach((part) => { part.hidden = part.dataset.part !== button.dataset.currency; });
  document.querySelectorAll("button[data-currency]").forEach((b) => b.setAttribute("aria-pressed", b === button));
}));
