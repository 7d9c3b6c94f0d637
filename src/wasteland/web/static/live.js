// Rows that follow main while the page is open and seen. Without it the board works as before.
import { renew } from "./rows.js";

const SAY_MS = 5000;
const AGAIN_MS = 10000;
const STATES = { on: "live", off: "not live, trying again", over: "not live: reload the page" };

let source = null;
let list = null;
let known = "";
let work = Promise.resolve();
let said = { at: 0, timer: 0, waiting: [] };
const fresh = new Set();

function start() {
  stop();
  const now = document.getElementById("list");
  if (now !== list) {
    list = now;
    known = "";
    fresh.clear();
  }
  if (!list?.dataset.live || document.hidden) return;
  const url = new URL(list.dataset.live, location.href);
  if (known) url.searchParams.set("after", known);
  const mine = new EventSource(url);
  source = mine;
  mine.addEventListener("open", () => show("on"));
  mine.addEventListener("rows", (event) => {
    work = work.then(() => take(JSON.parse(event.data), mine));
  });
  mine.addEventListener("over", () => {
    stop();
    show("over");
  });
  mine.addEventListener("error", () => {
    show("off");
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => mine === source && start(), AGAIN_MS);
  });
}

function stop() {
  source?.close();
  source = null;
}

async function take(news, from) {
  if (from !== source) return;
  known = news.head;
  for (const [word, count] of Object.entries(news.counts)) tell(`[data-count="${word}"]`, count.toLocaleString("en"));
  tell(".foot .mono", `main ${news.head.slice(0, 7)}`);
  const here = news.rows.filter((row) => place(row));
  for (const row of news.rows) if (row.fits && !place(row)) fresh.add(row.id);
  const changed = await replaced(here);
  offer(news.much);
  say(changed);
}

async function replaced(rows) {
  const before = new Map(rows.map((row) => [row, place(row)]));
  const parts = rows.map((row) => `<hx-partial id="row-${escaped(row.id)}" hx-swap="outerHTML">${row.html}</hx-partial>`);
  if (parts.length) {
    await window.htmx?.swap({ text: parts.join(""), target: list, sourceElement: list, swap: "none" });
  }
  return rows.filter((row) => carried(before.get(row), place(row)));
}

// What a row was besides its words stays; return whether its words are others.
function carried(old, now) {
  if (!now || old === now) return false;
  const isCurrent = old.classList.contains("cur");
  now.classList.toggle("cur", isCurrent);
  const [pick, picked] = [now.querySelector("[data-pick]"), old.querySelector("[data-pick]:checked")];
  if (pick && picked) pick.checked = true;
  const isOther = old.textContent !== now.textContent;
  now.classList.toggle("new", isOther || old.classList.contains("new"));
  if (isCurrent && isOther) renew(document, now);
  return isOther;
}

function offer(isMuch) {
  const bar = document.getElementById("fresh");
  if (!bar || !(isMuch || fresh.size)) return;
  bar.href = location.href;
  bar.querySelector("span").textContent = isMuch
    ? "Much has changed: show"
    : `${fresh.size} new ${fresh.size === 1 ? "item" : "items"}: show`;
  bar.hidden = false;
}

// Politely: one sentence at most in five seconds, of all that happened meanwhile.
function say(rows) {
  said.waiting.push(...rows.map((row) => row.said));
  if (!said.waiting.length || said.timer) return;
  said.timer = setTimeout(() => {
    const count = said.waiting.length;
    tell("#told", count === 1 ? `${said.waiting[0]}.` : `${count} items have changed.`);
    said = { at: performance.now(), timer: 0, waiting: [] };
  }, Math.max(0, said.at ? said.at + SAY_MS - performance.now() : 0));
}

function show(state) {
  const shown = document.getElementById("live");
  if (!shown) return;
  shown.hidden = false;
  shown.dataset.state = state;
  shown.querySelector("[data-state]").textContent = STATES[state];
}

function tell(selector, text) {
  const element = document.querySelector(selector);
  if (element) element.textContent = text;
}

function place(row) {
  return document.getElementById(`row-${row.id}`);
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

// Seen once, a row is new no more.
document.addEventListener("focusin", (event) => event.target.closest?.(".new")?.classList.remove("new"));
document.addEventListener("htmx:after:swap", () => {
  if (document.getElementById("list") !== list) start();
});
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
window.addEventListener("pagehide", stop);
window.addEventListener("pageshow", (event) => event.persisted && start());
start();
