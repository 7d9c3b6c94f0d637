// Ages and leases that stay right while a page is open; the exact times are in their titles.
const SPANS = [[31536000, "y"], [2592000, "mo"], [86400, "d"], [3600, "h"], [60, "min"]];
const EVERY_MS = 30000;
const FULL_H = 72;
const ROUND = 28.3;

export function keep(page, now = () => Date.now()) {
  const renew = () => {
    if (page.hidden) return;
    for (const time of page.querySelectorAll("time[data-age]")) show(time, age(now() - when(time)));
    for (const time of page.querySelectorAll("time[data-left]")) lease(time, when(time) - now());
  };
  page.addEventListener("visibilitychange", renew);
  setInterval(renew, EVERY_MS);
}

export function age(ms) {
  const seconds = ms / 1000;
  const span = SPANS.find(([size]) => seconds >= size);
  return span ? `${Math.floor(seconds / span[0])} ${span[1]}` : "now";
}

function lease(time, ms) {
  const hours = ms / 3600000;
  const minutes = Math.floor(ms / 60000);
  show(time, ms <= 0 ? "ended" : hours >= 1 ? `${Math.floor(hours)} h` : minutes ? `${minutes} min` : "now");
  const clock = time.closest(".lease");
  if (!clock) return;
  if (hours < 16) clock.dataset.s = hours < 4 ? "bad" : "warn";
  else delete clock.dataset.s;
  const part = (Math.min(Math.max(hours, 0), FULL_H) / FULL_H) * ROUND;
  clock.querySelector(".v")?.setAttribute("stroke-dasharray", `${part.toFixed(1)} ${ROUND}`);
}

function when(time) {
  return Date.parse(time.dateTime);
}

function show(time, text) {
  const told = time.dataset.age === "ago" && text !== "now" ? `${text} ago` : text;
  // Only what differs is written: a reader at this place is not disturbed.
  if (time.dateTime && told !== time.textContent.trim()) time.textContent = told;
}
