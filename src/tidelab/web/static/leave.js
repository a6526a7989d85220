// Leaves at once: the page is emptied before anything is asked of the server, and the back button doesn't lead to it again.
"use strict";
let leaving = false;
addEventListener("beforeunload", (event) => { if (leaving) event.stopImmediatePropagation(); }, true);
for (const link of document.querySelectorAll("[data-leave]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leaving = true;
    document.title = "";
    document.body.replaceChildren();
    location.replace(link.href);
  });
}
