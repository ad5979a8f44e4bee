// The board: a card dropped in another column changes its project's phase, or goes back visibly.
const board = document.querySelector("[data-moves]");
const refused = document.getElementById("refused");

function count() {
  for (const column of board.querySelectorAll(".column")) {
    column.querySelector("[data-count]").textContent = column.querySelectorAll("article").length;
  }
}

async function ask(code, phase) {
  try {
    const answer = await fetch("/projects", {
      method: "POST",
      keepalive: true, // also where the reader goes on at once
      headers: { Accept: "application/json" },
      body: new URLSearchParams({ line: `/phase "${code}" ${phase}` }),
    });
    if (!answer.ok) return refused.dataset.failed;
    const { ok, text } = await answer.json();
    return ok ? "" : text;
  } catch {
    return refused.dataset.failed;
  }
}

async function move(card, from, next, to) {
  count();
  const problem = await ask(card.dataset.code, to.dataset.phase);
  refused.hidden = !problem;
  refused.textContent = problem;
  if (problem) from.insertBefore(card, next);
  card.classList.toggle("returned", Boolean(problem));
  card.querySelector(".move").value = card.parentElement.dataset.phase;
  count();
}

if (board) {
  let next = null;
  for (const column of board.querySelectorAll("[data-phase]")) {
    Sortable.create(column, {
      group: "phases",
      sort: false,
      animation: 120,
      delay: 150,
      delayOnTouchOnly: true,
      filter: "select",
      preventOnFilter: false,
      onStart: ({ item }) => { next = item.nextElementSibling; },
      onEnd: ({ item, from, to }) => { if (from !== to) move(item, from, next, to); },
    });
  }
  board.addEventListener("change", ({ target }) => {
    if (!target.matches("select.move")) return; // the library tells its own changes by this name
    const card = target.closest("article");
    const from = card.parentElement;
    const after = card.nextElementSibling;
    const to = board.querySelector(`[data-phase="${target.value}"]`);
    to.append(card);
    move(card, from, after, to);
  });
}
