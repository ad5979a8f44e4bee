// The list of commands that opens on "/": filtered as one types, chosen by arrows, Tab or Enter.
export function palette(list, words) {
  const options = [...list.children];
  let shown = [];
  let at = 0;

  const mark = () => {
    options.forEach((option) => option.setAttribute("aria-selected", option === shown[at]));
    shown[at]?.scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    list.hidden = true;
  };
  const refresh = () => {
    const typed = words.value.replace(/^／/, "/").toLowerCase();
    const asked = typed.slice(1).trim();
    shown = !typed.startsWith("/") || typed.includes("\n") ? [] : options.filter((option) =>
      option.dataset.words.toLowerCase().split("|").some((name) => name.includes(asked)));
    options.forEach((option) => { option.hidden = !shown.includes(option); });
    list.hidden = shown.length === 0;
    at = 0;
    mark();
  };
  const choose = (option) => {
    words.value = `${option.dataset.line} `;
    close();
    words.focus();
    words.dispatchEvent(new Event("input"));
    close();
  };

  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("li");
    if (!option) return;
    event.preventDefault();
    choose(option);
  });
  words.addEventListener("input", refresh);
  // Answers whether the key was the palette's.
  return (event) => {
    if (list.hidden) return false;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") at = (at + 1) % shown.length;
    else if (event.key === "ArrowUp") at = (at + shown.length - 1) % shown.length;
    else if (event.key === "Tab") choose(shown[at]);
    else if (event.key === "Enter" && !event.shiftKey && !complete(words.value, options)) choose(shown[at]);
    else return false;
    mark();
    return true;
  };
}

// A whole command's name is sent by Enter, not completed.
function complete(typed, options) {
  const name = typed.trim().replace(/^[/／]/, "").toLowerCase();
  return options.some((option) => option.dataset.words.toLowerCase().split("|").includes(name));
}
