// The chat: lines arrive by server-sent events, the composer and the buttons post without leaving.
import { palette } from "./palette.js";

const lines = document.getElementById("lines");
const form = document.getElementById("say");
const words = document.getElementById("words");
const file = document.getElementById("file");
const trouble = document.getElementById("trouble");
const uploading = document.getElementById("uploading");
const keyOfPalette = palette(document.getElementById("palette"), words);

function show(html) {
  const drawn = document.createElement("template");
  drawn.innerHTML = html.trim();
  const added = drawn.content.firstElementChild;
  const there = document.getElementById(added.id);
  if (there) {
    // What somebody may be filling in stays, unless it is something else now.
    if (there.innerHTML !== added.innerHTML) there.replaceWith(added);
    return;
  }
  document.getElementById("greeting")?.remove();
  lines.append(added);
  // The whole of a short line; of a long one, where it begins.
  added.scrollIntoView({ block: added.offsetHeight > lines.clientHeight ? "start" : "end" });
}

function follow() {
  const source = new EventSource(lines.dataset.stream);
  source.addEventListener("line", (event) => show(event.data));
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
  const { html } = await answer.json();
  show(html);
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

// fetch tells nothing of how far an upload is.
function upload(one) {
  const body = new FormData();
  body.append("file", one);
  const request = new XMLHttpRequest();
  trouble.hidden = true;
  return new Promise((done) => {
    request.upload.addEventListener("progress", (event) => {
      uploading.hidden = false;
      uploading.value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => {
      uploading.hidden = true;
      uploading.removeAttribute("value");
      if (request.status < 200 || request.status > 299) {
        trouble.textContent = request.status === 413 ? trouble.dataset.large : trouble.dataset.failed;
        trouble.hidden = false;
      }
      done();
    });
    request.open("POST", "/chat/file");
    request.setRequestHeader("Accept", "application/json");
    request.send(body);
  });
}

async function drop(files) {
  for (const one of files) {
    await upload(one);
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
