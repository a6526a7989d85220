"use strict";
// Opens, filters and sorts; the page can be read whole without it.
const all = (what, within = document) => [...within.querySelectorAll(what)];
window.addEventListener("beforeprint", () => all("details:not(.data)").forEach((d) => { d.open = true; }));

const gallery = (form, button) => {
  const talks = all(".talk");
  button.hidden = form.hidden = false;
  button.addEventListener("click", () => {
    const open = talks.some((d) => !d.open && !d.hidden);
    talks.forEach((d) => { d.open = open && !d.hidden; });
    button.textContent = open ? "Close all" : "Open all";
  });
  const filter = () => {
    const chosen = new Set(all("[name=system]:checked", form).map((box) => box.value));
    const theme = form.elements.theme.value, kind = form.elements.failed.value;
    let shown = 0;
    talks.forEach((talk) => {
      const replies = all(".said[data-system]", talk);
      replies.forEach((r) => { r.hidden = !chosen.has(r.dataset.system); });
      all(".kind", talk).forEach((group) => { group.hidden = !all(".said", group).some((r) => !r.hidden); });
      const fails = (r) => !r.hidden && r.dataset.failed && (kind === "any" || r.dataset.failed.split(";").includes(kind));
      talk.hidden = Boolean((theme && talk.dataset.theme !== theme) || (kind && !replies.some(fails)));
      shown += !talk.hidden;
    });
    document.body.classList.toggle("unmarked", !form.elements.marks.checked);
    document.querySelector("#filtered").textContent = `${shown} of ${talks.length} conversations shown`;
  };
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
};
if (document.querySelector("#filter")) gallery(document.querySelector("#filter"), document.querySelector("#open-all"));

// A cell sorts by its data-key, else by the number it begins with, else by its words; what is missing comes last.
const key = (cell) => {
  if (cell.dataset.key) return Number(cell.dataset.key);
  const text = cell.firstChild ? cell.firstChild.textContent.trim() : "";
  const number = text.replace(/^< /, "").replace(/,/g, "").replace("\u2212", "-").replace(/%$/, "");
  return text === "\u2013" || text === "" ? null : number !== "" && Number.isFinite(Number(number)) ? Number(number) : text;
};
const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
all("table.sorts").forEach((table) => {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const sorter = document.createElement("button");
    sorter.type = "button";
    sorter.append(...head.childNodes);
    head.append(sorter);
    sorter.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const down = was ? was === "ascending" : !head.classList.contains("words");
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      [...table.tBodies].forEach((body) => {
        const keyed = [...body.rows].filter((r) => !r.classList.contains("group")).map((r) => [key(r.cells[column]), r]);
        const known = keyed.filter(([k]) => k !== null).sort(([a], [b]) => (down ? -1 : 1) * compare(a, b));
        body.append(...[...known, ...keyed.filter(([k]) => k === null)].map(([, r]) => r));
      });
    });
  });
});
