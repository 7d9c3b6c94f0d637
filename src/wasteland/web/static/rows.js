// The current row: moved by keys, followed by the preview. A link in it has the focus.
const PEEK_MS = 90;
let waiting = 0;

export function move(page, by) {
  const rows = links(page);
  if (!rows.length) return false;
  const at = rows.findIndex((link) => line(link).classList.contains("cur"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  next.focus({ preventScroll: true });
  line(next).scrollIntoView({ block: "nearest" });
  return true;
}

export function open(page) {
  const link = page.querySelector(".cur [data-row]");
  link?.click();
  return Boolean(link);
}

export function pick(page) {
  const box = page.querySelector(".cur [data-pick]");
  box?.click();
  return Boolean(box);
}

// Show the current row's item anew, unless somebody types there.
export function renew(page, row) {
  const link = row.querySelector("[data-row]");
  if (link && !page.getElementById("peek")?.querySelector("details.act[open], .in:focus")) choose(page, link);
}

export function follow(page) {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.closest("#peek") || event.defaultPrevented || !window.htmx) return;
    event.preventDefault();
    const peek = page.getElementById("peek");
    window.htmx.ajax("POST", form.getAttribute("action"), { source: form, target: peek, swap: "innerHTML" });
  });
  page.addEventListener("focusin", (event) => {
    const link = event.target.closest?.("[data-row]");
    if (link) choose(page, link);
  });
  const all = links(page);
  const first = all.find((link) => link.hasAttribute("aria-current")) ?? all[0];
  if (first) choose(page, first);
}

function choose(page, link) {
  for (const other of page.querySelectorAll(".cur")) other.classList.remove("cur");
  line(link).classList.add("cur");
  const peek = page.getElementById("peek");
  clearTimeout(waiting);
  if (!peek || !peek.checkVisibility()) return;
  waiting = setTimeout(() => {
    const url = new URL(link.href);
    url.pathname += "/peek";
    if (line(link).matches(".tile")) url.searchParams.set("shape", "cards");
    window.htmx?.ajax("GET", url.pathname + url.search, { source: peek, target: peek, swap: "innerHTML" });
  }, PEEK_MS);
}

function links(page) {
  return [...page.querySelectorAll("[data-row]")];
}

function line(link) {
  return link.closest(".row, [data-line]") ?? link;
}
