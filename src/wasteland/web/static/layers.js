// Layers above the page: opened by what names them, closed by Escape, a click beside, or a button.
export function prepare(page) {
  page.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-layer]");
    if (opener && show(page, opener.dataset.layer)) return event.preventDefault();
    const layer = event.target.closest?.("dialog.layer");
    if (!layer) return;
    const isBeside = event.target === layer && !within(layer, event);
    if (isBeside || event.target.closest("[data-close]")) layer.close();
  });
}

export function show(page, id) {
  const layer = page.getElementById(id);
  if (!layer || layer.open) return Boolean(layer);
  for (const other of page.querySelectorAll("dialog.layer[open]")) other.close();
  layer.showModal();
  return true;
}

function within(layer, event) {
  const box = layer.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
