// What keys and swaps add to pages that work without them.
import { listen } from "./keys.js";
import { follow } from "./rows.js";

listen(document);
follow(document);

// One open menu at a time, and none after a click beside it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.pop[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
