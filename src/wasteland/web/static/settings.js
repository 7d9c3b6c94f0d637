// On a phone the sections are one long line: show the one that is open.
const open = document.querySelector(".toc [aria-current]");
const line = open?.parentElement;
if (line) line.scrollLeft = open.offsetLeft - line.clientWidth / 2 + open.clientWidth / 2;
