// What is typed into a form is kept in this browser, by account, commons and form, until it is sent.
const PREFIX = "wl-draft";
const SENT = "wl-draft-sent";
const KEPT_MS = 30 * 86400000;
const MOST = 40;
const QUIET_MS = 400;
const KEPT = ".in[name], [type=checkbox][name]";

export function keep(form) {
  // Of a visitor nothing is kept: the next one at this browser may be somebody else.
  if (!form.dataset.who) return;
  const key = named(form.dataset.who, form.dataset.draft);
  const note = form.querySelector("[data-restored]");
  const isPristine = form.dataset.fresh === "yes";
  const before = fields(form);
  const draft = read(key);
  if (isPristine && draft && differs(draft.values, before)) {
    fill(form, draft.values);
    if (note) tell(form, note, key, before, draft);
  }
  let waiting = 0;
  const save = () => {
    clearTimeout(waiting);
    const values = fields(form);
    if (differs(values, before) || !isPristine) write(key, { values, at: Date.now(), base: form.dataset.base ?? "" });
    else remove(key);
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(save, QUIET_MS);
  });
  form.addEventListener("submit", (event) => {
    save();
    if (event.submitter?.name !== "preview") session(SENT, key);
  });
  window.addEventListener("pagehide", () => waiting && save());
}

export function drop(form) {
  remove(named(form.dataset.who, form.dataset.draft));
}

// Once what was sent is on the board or waits for it, nothing need be kept.
export function forget(page) {
  const key = session(SENT);
  if (!key) return;
  const receipt = page.querySelector("[data-receipt=post], [data-receipt=update]");
  if (receipt) remove(key);
  session(SENT, "");
}

// Whoever signs out leaves nothing behind in this browser.
export function wipe() {
  for (const key of keys()) remove(key);
}

export function list(page) {
  const panel = page.querySelector("[data-drafts]");
  if (!panel) return;
  const prefix = named(panel.dataset.who, `${panel.dataset.drafts}/`);
  const found = keys().filter((key) => key.startsWith(prefix)).map((key) => [key, read(key)]);
  for (const [key, draft] of found) if (draft) panel.querySelector("ul").append(line(page, panel, key, draft));
  panel.hidden = !panel.querySelector("li");
}

function line(page, panel, key, draft) {
  const path = key.slice(named(panel.dataset.who, "").length);
  const item = page.createElement("li");
  const row = page.createElement("div");
  const link = page.createElement("a");
  const away = page.createElement("button");
  row.className = "bar nw line";
  link.href = path;
  link.dir = "auto";
  link.textContent = draft.values.title || "untitled";
  const where = page.createElement("span");
  where.className = "id";
  where.textContent = path.endsWith("/new") ? "new item" : path.split("/").at(-2);
  away.className = "btn bare";
  away.type = "button";
  away.textContent = "Drop";
  away.setAttribute("aria-label", `Drop the draft ${link.textContent}`);
  away.addEventListener("click", () => {
    remove(key);
    item.remove();
    panel.hidden = !panel.querySelector("li");
  });
  row.append(link, where, away);
  item.append(row);
  return item;
}

function tell(form, note, key, before, draft) {
  note.hidden = false;
  const changed = draft.base && form.dataset.base && draft.base !== form.dataset.base;
  note.querySelector("[data-changed]")?.toggleAttribute("hidden", !changed);
  const when = note.querySelector("time");
  if (when) {
    when.dateTime = new Date(draft.at).toISOString();
    when.title = new Date(draft.at).toString();
    when.textContent = new Date(draft.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  }
  note.querySelector("button")?.addEventListener("click", () => {
    fill(form, before);
    remove(key);
    note.hidden = true;
    form.querySelector(".in")?.focus();
  });
}

function fields(form) {
  const found = {};
  for (const field of form.querySelectorAll(KEPT)) {
    found[field.name] = field.type === "checkbox" ? String(field.checked) : field.value;
  }
  return found;
}

function fill(form, values) {
  for (const field of form.querySelectorAll(KEPT)) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (field.type === "checkbox") field.checked = value === "true";
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function differs(one, other) {
  return Object.keys({ ...one, ...other }).some((name) => one[name] !== undefined && one[name] !== other[name]);
}

function named(who, path) {
  return `${PREFIX} ${who} ${path}`;
}

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX} `));
  } catch {
    return [];
  }
}

function read(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    if (!draft || Date.now() - draft.at < KEPT_MS) return draft;
    remove(key);
  } catch {
    remove(key);
  }
  return null;
}

function write(key, draft) {
  const others = keys().filter((other) => other !== key);
  const byAge = others.map((other) => [other, read(other)?.at ?? 0]).sort((a, b) => a[1] - b[1]);
  for (const [oldest] of byAge.slice(0, Math.max(0, others.length - MOST + 1))) remove(oldest);
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // A full or forbidden store keeps nothing; the form works on.
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // As above.
  }
}

function session(key, value) {
  try {
    if (value === undefined) return sessionStorage.getItem(key);
    sessionStorage.setItem(key, value);
  } catch {
    // As above.
  }
  return null;
}
