// Saves a form with data-autosave a moment after each change. Without this script its buttons do the same.
// With data-changed, saving and sending take only what was changed on this page: another tab may have saved the rest since.
"use strict";
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const told = form.querySelector("[data-told]");
  const care = form.querySelector("[data-care]");
  const touched = new Set();
  let waiting = 0, unsaved = false, sending = false;

  // A question's fields belong together: an answer and its own words, all boxes of which several may be ticked.
  const question = (field) => field.closest("fieldset") ?? field;
  const differs = (field) => "defaultChecked" in field && ["radio", "checkbox"].includes(field.type)
    ? field.checked !== field.defaultChecked
    : "defaultValue" in field && field.type !== "hidden" && field.value !== field.defaultValue;
  const changed = (part) => touched.has(part) || [...(part.elements ?? [part])].some(differs);
  if ("changed" in form.dataset) form.addEventListener("formdata", (event) => {
    for (const field of form.elements) {
      if (field.name && field.name !== "csrf" && !changed(question(field))) event.formData.delete(field.name);
    }
  });

  async function save() {
    if (sending) { waiting = setTimeout(save, 300); return; }
    sending = true;
    unsaved = false;
    let problem = told.dataset.offline, again = true;
    try {
      const answer = await fetch(form.dataset.autosave, {
        method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "error", signal: AbortSignal.timeout(20000),
      });
      again = !answer.ok && answer.status >= 500;
      if (answer.ok) {
        problem = "";
        if (care && answer.status === 200) care.hidden = false;
      } else if (!again) {
        problem = answer.status === 401 ? told.dataset.ended : answer.status === 413 ? told.dataset.long : told.dataset.failed;
      }
    } catch { /* the network: told below, and tried again */ }
    sending = false;
    if (problem) unsaved = true;
    if (again) waiting = setTimeout(save, 5000);
    const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    told.textContent = problem || told.dataset.saved.replace("{time}", time);
    told.classList.toggle("bad", Boolean(problem));
  }

  form.addEventListener("input", (event) => { touched.add(question(event.target)); unsaved = true; clearTimeout(waiting); waiting = setTimeout(save, 600); });
  form.addEventListener("submit", () => { unsaved = false; clearTimeout(waiting); });
  addEventListener("beforeunload", (event) => { if (unsaved || sending) event.preventDefault(); });
}
const summary = document.querySelector("[data-focus]");
if (summary) summary.focus();
