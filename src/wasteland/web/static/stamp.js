// The form of a stamp: words and sliders are two inputs of one value, and follow one another. A
// dimension more is added when the last one has a name.
document.documentElement.classList.add("scripted");

document.addEventListener("input", (event) => {
  const mark = event.target.closest?.("[data-mark]");
  if (mark) follow(mark, event.target);
});
document.addEventListener("click", need, true);

function follow(mark, changed) {
  const slider = mark.querySelector(".by-slider");
  const words = mark.querySelector(".by-word");
  if (changed === words) slider.value = words.selectedOptions[0].dataset.score;
  else words.value = word(words, Number(slider.value));
  slider.setCustomValidity("");
  words.setCustomValidity("");
  const score = Number(slider.value);
  const told = words.value || "not rated";
  slider.setAttribute("aria-valuetext", score ? `${told}, ${score.toFixed(2)}` : told);
  const number = document.createElement("span");
  number.className = "dim";
  number.textContent = score ? ` ${score.toFixed(score * 10 % 1 ? 2 : 1)}` : "not rated";
  mark.querySelector("output").replaceChildren(score ? told : "", number);
}

function word(words, score) {
  if (!score) return "";
  const named = [...words.options].filter((option) => option.value);
  const far = (option) => Math.abs(Number(option.dataset.score) - score);
  return named.reduce((best, option) => (far(option) < far(best) - 1e-9 ? option : best)).value;
}

// A stamp says how good the work is: without a mark the form asks for one, at its first line.
function need(event) {
  const form = event.target.closest?.("button")?.form;
  if (!form?.matches("[data-stamp]") || !form.querySelector("[data-mark]")) return;
  const marks = [...form.querySelectorAll("[data-mark] .by-slider")];
  const first = form.querySelector(`[data-mark] ${form.elements.by.value === "words" ? ".by-word" : ".by-slider"}`);
  first.setCustomValidity(marks.some((slider) => Number(slider.value)) ? "" : "Choose a mark first.");
}

