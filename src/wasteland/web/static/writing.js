// The form of an item: how much may still be typed, outlines, the draft, sending by a chord.
import { drop, keep } from "./drafts.js";

const NEAR = 20;
const form = document.querySelector("form[data-draft]");
if (form) {
  for (const field of form.querySelectorAll(".in[data-limit]")) count(field);
  for (const chip of form.querySelectorAll("[data-outline]")) outline(chip);
  keep(form);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !form.contains(event.target)) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("button.go"));
  });
  document.querySelector("[data-afresh]")?.addEventListener("click", () => drop(form));
}

function count(field) {
  const limit = Number(field.dataset.limit);
  if (!limit) return;
  const left = document.createElement("span");
  left.className = "dim sm count";
  field.closest(".field").append(left);
  const show = () => {
    const text = field.value.replace(/\r\n?/g, "\n").trim().normalize("NFC");
    const rest = limit - [...text].length;
    left.textContent = rest < 0 ? `${-rest} too many` : `${rest.toLocaleString("en")} left`;
    left.classList.toggle("over", rest < 0);
    if (rest <= NEAR) left.setAttribute("role", "status");
    else left.removeAttribute("role");
  };
  field.addEventListener("input", show);
  show();
}

// An outline takes the place of nothing but another outline.
function outline(chip) {
  chip.addEventListener("click", (event) => {
    const text = form.querySelector("#description");
    const others = [...form.querySelectorAll("[data-outline]")].map((one) => one.dataset.outline.trim());
    event.preventDefault();
    form.querySelector("#type").value = chip.dataset.type;
    if (text.value.trim() && !others.includes(text.value.trim())) return;
    text.value = chip.dataset.outline;
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
    text.setSelectionRange(0, 0);
  });
}
