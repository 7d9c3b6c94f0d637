// The focus stays where it was when the part of the page that holds it is replaced.
export function keep(page) {
  let held = null;
  page.addEventListener("htmx:before:swap", () => {
    held = name(page.activeElement);
  });
  page.addEventListener("htmx:after:swap", () => {
    const lost = !page.activeElement || page.activeElement === page.body;
    if (held && lost) page.querySelector(held)?.focus({ preventScroll: true });
    held = null;
  });
}

function name(element) {
  if (!element || element.matches("body, main")) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  if (href) return `a[href="${CSS.escape(href)}"]`;
  const action = element.form?.getAttribute("action");
  const inForm = action ? `form[action="${CSS.escape(action)}"] ` : "";
  return element.name ? `${inForm}[name="${CSS.escape(element.name)}"]` : null;
}
