// A call: the words follow the sound, and a time leads to its second.
const sound = () => document.getElementById("sound");

function seek() {
  const asked = /^#t=(\d+)$/.exec(location.hash);
  if (!asked) return;
  const second = Number(asked[1]);
  if (sound()) sound().currentTime = second;
  follow(second, true);
}

function follow(second, scroll) {
  let last = null;
  for (const turn of document.querySelectorAll(".turn")) {
    const now = Number(turn.dataset.start) <= second && second < Number(turn.dataset.end);
    turn.classList.toggle("now", now);
    if (Number(turn.dataset.start) <= second) last = turn;
    for (const word of turn.querySelectorAll("[data-at]")) {
      word.classList.toggle("heard", now && Number(word.dataset.at) <= second);
    }
  }
  if (scroll && last) last.scrollIntoView({ block: "center" });
}

document.addEventListener("timeupdate", (event) => follow(event.target.currentTime, false), true);
document.addEventListener("click", (event) => {
  const at = event.target.closest("[data-at]");
  if (at && sound()) {
    sound().currentTime = Number(at.dataset.at);
    sound().play();
  } else if (event.target.closest(".at")) {
    // The same second asked for again changes no hash.
    setTimeout(seek);
  }
});
addEventListener("hashchange", seek);
if (sound()?.readyState) seek();
else sound()?.addEventListener("loadedmetadata", seek, { once: true });
if (!sound()) seek();
