// What scripts add to the review inbox: moving lays the next card on the desk, and the drawer opens in
// place. Every link and form works without.
const DESK_MS = 90;
let waiting = 0;
let opener = null;

// --- the desk follows the card that has the focus

document.addEventListener("focusin", (event) => {
  const link = event.target.closest?.(".cards [data-row]");
  const desk = document.getElementById("desk");
  if (!link || !desk?.checkVisibility()) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => lay(link), DESK_MS);
});

async function lay(link) {
  const desk = document.getElementById("desk");
  const url = new URL(link.href);
  if (url.pathname.endsWith(`/${desk.dataset.pull}`)) return;
  await window.htmx?.ajax("GET", `${url.pathname}/desk${url.search}`, {
    source: document.getElementById("triage"), target: desk, swap: "outerHTML",
  });
  history.replaceState(history.state, "", link.href);
  for (const card of document.querySelectorAll(".card[data-now]")) card.removeAttribute("data-now");
  for (const other of document.querySelectorAll(".cards [aria-current]")) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  link.closest(".card").setAttribute("data-now", "");
  close();
}

document.querySelector(".cards [aria-current]")?.scrollIntoView({ block: "nearest" });

// --- the drawer keeps the place

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const link = event.target.closest?.("[data-drawer]");
  if (link) {
    event.preventDefault();
    opener = link;
    pull(link.href);
  } else if (event.target.closest?.("[data-close-drawer]")) {
    event.preventDefault();
    close({ back: true });
  }
});

// Before the keys of every page, which would go back to the inbox.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const form = document.querySelector(".press .up[open]");
  if (form) {
    form.open = false;
    form.querySelector("summary").focus();
  } else if (isOpen()) {
    close({ back: true });
  } else return;
  event.preventDefault();
  event.stopPropagation();
}, true);

async function pull(href) {
  const url = new URL(href);
  await window.htmx?.ajax("GET", url.pathname + url.search, {
    source: document.getElementById("triage"), target: document.getElementById("drawer"),
    select: "#drawer", swap: "outerHTML",
  });
  document.getElementById("triage").classList.add("with-drawer");
  document.getElementById("drawer").focus();
}

function close({ back = false } = {}) {
  if (!isOpen()) return;
  document.getElementById("triage").classList.remove("with-drawer");
  const drawer = document.getElementById("drawer");
  drawer.hidden = true;
  drawer.replaceChildren();
  if (back) (opener?.isConnected ? opener : document.querySelector("[data-drawer]"))?.focus();
}

function isOpen() {
  return document.getElementById("triage")?.classList.contains("with-drawer");
}
