// Passkeys: the browser is asked for one, and its answer goes by form.
const FAILED = {
  NotAllowedError: "Nothing was chosen, or it took too long. Try again.",
  InvalidStateError: "This account has that passkey already.",
  SecurityError: "Browsers keep no passkeys for this address.",
};

for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);

function prepare(form) {
  if (form.querySelector("[data-never]")) return;
  const missing = lack();
  if (missing) return say(form, missing);
  const button = form.querySelector("button");
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    button.disabled = true;
    say(form, "");
    try {
      form.elements.answer.value = JSON.stringify(await answer(form));
      form.requestSubmit();
    } catch (error) {
      say(form, FAILED[error.name] ?? "That did not work. Load the page again, then try.");
      button.disabled = false;
    }
  });
}

function lack() {
  if (!window.isSecureContext) return "Browsers keep passkeys for https alone.";
  const known = window.PublicKeyCredential?.parseRequestOptionsFromJSON;
  return known ? "" : "This browser is too old for passkeys.";
}

async function answer(form) {
  const response = await fetch(form.dataset.question);
  if (!response.ok) throw new Error(String(response.status));
  const asked = await response.json();
  const found =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked),
        });
  return found.toJSON();
}

function say(form, text) {
  form.querySelector("[data-says]").textContent = text;
}
