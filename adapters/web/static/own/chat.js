// The chat: lines arrive by server-sent events, the composer and the buttons post without leaving.
import { palette } from "./palette.js";

const lines = document.getElementById("lines");
const form = document.getElementById("say");
const words = document.getElementById("words");
const file = document.getElementById("file");
const trouble = document.getElementById("trouble");
const keyOfPalette = palette(document.getElementById("palette"), words);

function show(id, html) {
  if (document.getElementById(`line-${id}`)) return;
  document.getElementById("greeting")?.remove();
  lines.insertAdjacentHTML("beforeend", html);
  // The whole of a short line; of a long one, where it begins.
  const added = lines.lastElementChild;
  added.scrollIntoView({ block: added.offsetHeight > lines.clientHeight ? "start" : "end" });
}

function follow() {
  const source = new EventSource(lines.dataset.stream);
  source.addEventListener("line", (event) => show(event.lastEventId, event.data));
  source.addEventListener("error", () => {
    // Closed for good: the session has ended, and the page leads to the login.
    if (source.readyState === EventSource.CLOSED) location.reload();
  });
}

async function post(url, body) {
  trouble.hidden = true;
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer;
  } catch {
    trouble.textContent = trouble.dataset.failed;
    trouble.hidden = false;
    return null;
  }
}

async function say(said) {
  const answer = await post("/", new URLSearchParams(said));
  if (!answer) return false;
  const { id, html } = await answer.json();
  show(id, html);
  return true;
}

function grow() {
  words.rows = Math.min(8, words.value.split("\n").length);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = words.value.trim();
  if (!line) return;
  words.value = "";
  words.dispatchEvent(new Event("input"));
  if (!(await say({ line })) && !words.value) words.value = line;
  words.focus();
});
words.addEventListener("input", grow);
words.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return; // Enter that ends a Chinese word
  if (keyOfPalette(event)) event.preventDefault();
  else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    form.requestSubmit();
  }
});
lines.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.target.querySelector("button");
  button.disabled = true;
  await say(new FormData(event.target));
  button.disabled = false;
});

async function drop(files) {
  for (const one of files) {
    const body = new FormData();
    body.append("file", one);
    await post("/chat/file", body);
  }
}
file.addEventListener("change", async () => {
  await drop(file.files);
  file.value = "";
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop(event.dataTransfer.files);
});

lines.scrollTop = lines.scrollHeight;
follow();
