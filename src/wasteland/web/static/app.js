// What keys and swaps add to pages that work without them.
import * as drafts from "./drafts.js";
import * as focus from "./focus.js";
import { listen } from "./keys.js";
import * as layers from "./layers.js";
import * as offline from "./offline.js";
import * as palette from "./palette.js";
import { follow } from "./rows.js";
import * as times from "./times.js";

listen(document);
follow(document);
layers.prepare(document);
palette.prepare(document);
focus.keep(document);
times.keep(document);
offline.watch(document);
drafts.forget(document);
openAct();
window.addEventListener("hashchange", openAct);

document.addEventListener("submit", (event) => {
  if (new URL(event.target.action).pathname === "/sign-out") drafts.wipe();
});

// One open menu at a time, and none after a click beside it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.pop[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// An address may name what is to be done here: its form opens, and is not sent.
function openAct() {
  const act = /^#act-[a-z]+$/.test(location.hash) && document.querySelector(location.hash);
  if (!act) return;
  const form = act.closest("details");
  if (form) form.open = true;
  (form?.querySelector("textarea, select, .in") ?? act).focus();
}
