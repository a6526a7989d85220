"use strict";
// Opens every conversation on request and before printing; the page works without it.
const all = () => document.querySelectorAll("details");
const button = document.querySelector("#open-all");
button.hidden = false;
button.addEventListener("click", () => {
  const readings = document.querySelectorAll("#conversations details");
  const open = [...readings].some((d) => !d.open);
  readings.forEach((d) => { d.open = open; });
  button.textContent = open ? "Close all" : "Open all";
});
window.addEventListener("beforeprint", () => all().forEach((d) => { d.open = true; }));
