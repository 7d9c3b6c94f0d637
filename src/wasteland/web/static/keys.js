// Single keys and "g" then a letter. None fires in a field, and all can be switched off.
import { move, open, pick } from "./rows.js";

const TYPING = "input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]";
const CHORD_MS = 1200;
let chordUntil = 0;

export function listen(page) {
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    // A layer has the keys to itself, and closes by itself.
    if (page.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return escape(page, event);
    if (page.body.dataset.keys === "off" || event.target.matches(TYPING)) return;
    if (handled(page, event)) event.preventDefault();
  });
}

function handled(page, event) {
  const key = event.key;
  if (performance.now() < chordUntil) {
    chordUntil = 0;
    return press(page.querySelector(`[data-go="${CSS.escape(key)}"]`));
  }
  if (key === "g") {
    chordUntil = performance.now() + CHORD_MS;
    return true;
  }
  if (key === "j" || key === "k") return move(page, key === "j" ? 1 : -1);
  if (key === "o" || (key === "Enter" && event.target === page.body)) return open(page);
  if (key === "x" && pick(page)) return true;
  if (key === "/") return focus([...page.querySelectorAll("[data-find]")].at(-1));
  const bound = [...page.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)];
  const shown = bound.filter((element) => element.checkVisibility());
  // A key that lines have is meant for the current one.
  const mine = shown.find((element) => element.closest(".cur"));
  return press(mine ?? shown.find((element) => !element.closest("[data-line]")));
}

function press(element) {
  element?.click();
  const field = element?.closest("details[open]")?.querySelector("textarea, select, .in");
  field?.focus();
  return Boolean(element);
}

function focus(field) {
  field?.focus();
  field?.select();
  return Boolean(field);
}

function escape(page, event) {
  const menu = page.querySelector("details.pop[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  } else if (event.target.matches(TYPING)) {
    event.target.blur();
  } else {
    page.querySelector("[data-back]")?.click();
  }
}
