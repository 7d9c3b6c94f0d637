// The palette: a field, and what fits it below. The focus stays in the field.
import { show } from "./layers.js";

export function prepare(page) {
  const layer = page.getElementById("palette");
  const field = page.getElementById("palette-field");
  if (!layer || !field) return;
  const list = page.getElementById("palette-list");
  const palette = { page, layer, field, list, on: layer.querySelector("[name=on]") };
  label(page);
  page.addEventListener("keydown", (event) => {
    const isChord = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!isChord || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (layer.open) layer.close();
    else open(palette, "");
  });
  const jump = page.getElementById("jump");
  jump?.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    open(palette, jump.value);
  });
  jump?.addEventListener("input", () => open(palette, jump.value));
  field.addEventListener("keydown", (event) => press(palette, event));
  field.addEventListener("input", () => {
    list.classList.add("waits");
    palette.isEntered = false;
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option && !event.ctrlKey && !event.metaKey && choose(palette, option)) event.preventDefault();
  });
  list.addEventListener("pointermove", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) select(palette, option);
  });
  page.addEventListener("htmx:after:swap", () => shown(palette));
  page.addEventListener("htmx:error", () => {
    list.classList.remove("waits");
    if (palette.isEntered && layer.open) field.form.requestSubmit();
  });
  layer.addEventListener("close", () => {
    if (jump) jump.value = "";
  });
}

function open(palette, text) {
  palette.field.value = text;
  palette.on.value = current(palette.page);
  palette.chosen = "";
  palette.isEntered = false;
  show(palette.page, "palette");
  palette.field.focus();
  look(palette);
}

function look(palette) {
  palette.list.classList.add("waits");
  palette.field.dispatchEvent(new Event("look"));
}

// The item that the page is about, or that is under the mark.
function current(page) {
  const marked = page.querySelector(".cur [data-row]")?.getAttribute("href") ?? "";
  const path = /\/wanted\/[^/]+/.test(location.pathname) ? location.pathname : marked;
  return decodeURIComponent(/\/wanted\/([^/?#]+)/.exec(path)?.[1] ?? "");
}

function press(palette, event) {
  const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
  const found = options(palette);
  if (event.isComposing) return;
  if (event.key in moves && found.length) {
    event.preventDefault();
    const at = found.findIndex((option) => option.ariaSelected === "true");
    const by = moves[event.key];
    const next = Math.abs(by) === 1 ? (at + by + found.length) % found.length : at + by;
    select(palette, found[Math.max(0, Math.min(found.length - 1, next))], true);
  } else if (event.key === "Enter") {
    // What is meant is what fits the whole text, and that may be on its way.
    const waits = palette.list.classList.contains("waits");
    palette.isEntered = waits;
    const option = found.find((one) => one.ariaSelected === "true");
    if (option || waits) event.preventDefault();
    if (option && !waits) option.click();
  } else if (event.key === "Tab" && !event.shiftKey) {
    const item = found.find((option) => option.ariaSelected === "true")?.dataset.item;
    if (!item) return;
    event.preventDefault();
    palette.on.value = item;
    palette.field.value = ">";
    look(palette);
  }
}

// Follow what is chosen; what can be done on this page is done here.
function choose(palette, option) {
  if (option.ariaDisabled === "true") return true;
  const { press: act, item } = option.dataset;
  const here = act && item === current(palette.page)
    ? palette.page.querySelector(`main [data-act="${CSS.escape(act)}"]`)
    : null;
  palette.layer.close();
  if (!here) return false;
  here.click();
  here.closest("details[open]")?.querySelector("textarea, select, .in")?.focus();
  return true;
}

function shown(palette) {
  if (!palette.layer.open) return;
  palette.list.classList.remove("waits");
  const found = options(palette);
  const kept = palette.chosen && found.find((option) => option.id === palette.chosen);
  select(palette, kept || found[0]);
  const count = found.length;
  palette.page.getElementById("palette-said").textContent =
    count ? `${count} suggestion${count > 1 ? "s" : ""}` : "Nothing fits";
  if (palette.isEntered) enter(palette);
}

function enter(palette) {
  palette.isEntered = false;
  const option = options(palette).find((one) => one.ariaSelected === "true");
  if (option) option.click();
  else palette.field.form.requestSubmit();
}

function select(palette, option, isMeant = false) {
  for (const one of options(palette)) one.ariaSelected = String(one === option);
  palette.field.setAttribute("aria-activedescendant", option?.id ?? "");
  if (isMeant) {
    palette.chosen = option?.id ?? "";
    option?.scrollIntoView({ block: "nearest" });
  }
}

function options(palette) {
  return [...palette.list.querySelectorAll("[role=option]")];
}

function label(page) {
  if (!/Mac|iPhone|iPad/.test(navigator.platform)) return;
  for (const key of page.querySelectorAll("[data-chord]")) key.textContent = "⌘ K";
}
