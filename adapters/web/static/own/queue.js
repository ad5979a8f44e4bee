// The doubt queue by keyboard: j and k move, 1 to 3 take a guess, u takes the last one back.
const doubts = () => [...document.querySelectorAll("[data-doubt]")];
let at = 0;

function go(step) {
  const listed = doubts();
  if (!listed.length) return;
  const focused = listed.indexOf(document.activeElement?.closest("[data-doubt]"));
  at = Math.min(Math.max((focused < 0 ? at : focused) + step, 0), listed.length - 1);
  listed[at].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "j") go(document.activeElement?.closest("[data-doubt]") ? 1 : 0);
  else if (event.key === "k") go(-1);
  else if (event.key === "u") document.querySelector("form:has(> .undo) button")?.click();
  else if ("123".includes(event.key)) {
    const current = document.activeElement?.closest("[data-doubt]");
    current?.querySelectorAll("form:has(> .guess) button")[Number(event.key) - 1]?.click();
  }
});
// After an item has gone, the next one takes its place under the reader's hands.
document.addEventListener("htmx:after:swap", () => go(0));
