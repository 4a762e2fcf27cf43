// What a template has drawn; it escapes every text. A table gets columns that sort by a click or a key.
// A new table (the ensemble has grown) keeps the order that a person chose.

const ARROWS = { ascending: " ▲", descending: " ▼" };

const valueOf = (row, column) => {
  const cell = row.children[column];
  if (!cell) return NaN;
  return column === 0 ? cell.textContent.trim().toLowerCase() : Number.parseFloat(cell.dataset.value ?? "NaN");
};

const before = (a, b, column, sign) => {
  const [one, other] = [valueOf(a, column), valueOf(b, column)];
  if (column === 0) return sign * one.localeCompare(other);
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) - Number.isNaN(other);
  return sign * (one - other);
};

const order = (root) => {
  const { column, direction } = root.chosen;
  const body = root.querySelector("tbody");
  const rows = [...body.rows];
  const fixed = rows.filter((row) => row.classList.contains("anchor"));
  const others = rows.filter((row) => !row.classList.contains("anchor"));
  others.sort((a, b) => before(a, b, column, direction === "ascending" ? 1 : -1));
  body.append(...fixed, ...others);
  root.querySelectorAll("thead th").forEach((head, at) => {
    const mine = at === column;
    if (mine) head.setAttribute("aria-sort", direction); else head.removeAttribute("aria-sort");
    head.querySelector(".sort-arrow").textContent = mine ? ARROWS[direction] : "";
  });
};

const makeButton = (root, head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "sort-button";
  if (head.title) button.title = head.title;
  const arrow = document.createElement("span");
  arrow.className = "sort-arrow";
  arrow.setAttribute("aria-hidden", "true");
  const text = head.firstChild;
  button.append(text.cloneNode(true), arrow);
  head.replaceChild(button, text);
  button.addEventListener("click", () => {
    const same = root.chosen?.column === column && root.chosen.direction === "ascending";
    root.chosen = { column, direction: same ? "descending" : "ascending" };
    order(root);
  });
};

export default function drawn({ data, parentElement }) {
  const root = parentElement.querySelector(".drawn");
  if (root.shown === data.html) return;
  root.shown = data.html;
  root.innerHTML = data.html;
  root.querySelectorAll("thead th").forEach((head, column) => makeButton(root, head, column));
  if (root.chosen) order(root);
}
