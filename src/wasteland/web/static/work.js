// A notification that is followed is read.
import { list } from "./drafts.js";

document.addEventListener("click", (event) => {
  const told = event.target.closest?.("[data-news].fresh a") && event.target.closest("[data-news]");
  const form = told?.querySelector("form");
  if (form) navigator.sendBeacon(form.action, new URLSearchParams(new FormData(form)));
});
list(document);
