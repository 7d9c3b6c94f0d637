// Says that there is no network while there is none: what is on the page can be read on.
export function watch(page) {
  const bar = page.getElementById("offline");
  if (!bar) return;
  const tell = () => {
    bar.hidden = navigator.onLine;
    bar.textContent = "";
    if (navigator.onLine) return;
    const title = page.createElement("b");
    title.textContent = "You are offline. ";
    bar.append(title, "This page can be read on; what you type in a form stays in it until you are back.");
  };
  window.addEventListener("online", tell);
  window.addEventListener("offline", tell);
  if (!navigator.onLine) tell();
}
