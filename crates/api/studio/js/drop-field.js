// The field that takes a clip: dropped, chosen, or filmed now. Calls `take(files)`.

import { facts } from "./api.js";
import { h, icon } from "./dom.js";
import { clock } from "./words.js";

export function dropField(take, { title = "Your clip" } = {}) {
  const input = h("input.unseen", { type: "file", multiple: true, accept: "video/*,audio/*,.mkv,.avi,.flac,.opus", "aria-label": "Choose a file", tabindex: "-1" });
  const film = h("input.unseen", { type: "file", accept: "video/*", capture: "environment", "aria-label": "Film now", tabindex: "-1" });
  const limits = h("span.small.soft", {}, "\u00a0");
  facts().then((known) => {
    limits.textContent = `mp4, mov, avi, mkv, webm or sound alone; up to ${known.max_video_size_mb} MB, ${clock(known.audio_s_max)} min`;
  }).catch(() => null);
  for (const one of [input, film]) {
    one.addEventListener("change", () => { if (one.files.length > 0) take([...one.files]); one.value = ""; });
  }
  const filmButton = h("button.button.quiet", { type: "button", onclick: () => film.click() }, icon("camera"), "Film");
  filmButton.hidden = !matchMedia("(pointer: coarse)").matches;
  const field = h("div.drop", {},
    h("div.drop-words", {}, h("strong", {}, title), limits),
    h("div.actions", {}, h("button.button", { type: "button", onclick: () => input.click() }, icon("plus"), "Choose a file"), filmButton),
    input, film);
  const over = (on) => (event) => { event.preventDefault(); field.classList.toggle("over", on); };
  field.addEventListener("dragover", over(true));
  field.addEventListener("dragleave", over(false));
  field.addEventListener("drop", (event) => {
    over(false)(event);
    const files = [...event.dataTransfer.files];
    if (files.length > 0) take(files);
  });
  return field;
}
