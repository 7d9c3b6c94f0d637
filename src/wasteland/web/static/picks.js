// Several items at once: what may be done to those that are picked is asked of the hub.
const ASK_MS = 120;
let asking = 0;

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick]")) ask();
});

document.addEventListener("htmx:after:swap", (event) => {
  const form = document.getElementById("several");
  if (form && event.detail.ctx?.sourceElement === form) form.reset();
});

// What cannot be told in place is told by a page: sent again, a form has its one effect.
document.addEventListener("htmx:response:error", (event) => {
  const { sourceElement: form, request } = event.detail.ctx ?? {};
  if (form?.id !== "several") return;
  const wish = document.createElement("input");
  Object.assign(wish, { type: "hidden", name: "do", value: request?.submitter?.value ?? "" });
  form.append(wish);
  form.submit();
});

function ask() {
  const picked = [...document.querySelectorAll("[data-pick]:checked")];
  const bar = document.getElementById("batch");
  if (!bar || !picked.length) return;
  const told = bar.querySelector("[data-picked]");
  if (told) told.textContent = `${picked.length} selected`;
  clearTimeout(asking);
  asking = setTimeout(() => {
    const query = new URLSearchParams(picked.map((pick) => [pick.name, "on"]));
    window.htmx?.ajax("GET", `${bar.dataset.batch}?${query}`, { source: bar, target: bar, swap: "innerHTML" });
  }, ASK_MS);
}
