// The first page: the demo, playing, before anybody has an account.

import { desk, bigPlay } from "./desk.js";
import { fill, h } from "./dom.js";
import { dropField } from "./drop-field.js";
import { session } from "./session.js";
import { DemoSource } from "./source.js";
import { chosen } from "./uploads.js";

const HINTS = ["Click a note: the picture jumps to its stroke.", "Drag over bars: they loop.", "Press N: the next note the listener was not sure of."];

export default function page({ main }) {
  document.title = "Backbeat";
  const shown = desk(new DemoSource(), { heading: "h2" });
  bigPlay(shown);
  const hint = h("p.hint-line.hints", { "aria-live": "off" }, "\u00a0");
  hints(shown, hint);
  const take = (files) => {
    chosen.files = files;
    location.hash = session.known() ? "#/library" : "#/register";
  };
  fill(main,
    h("div.start", {},
      h("div.start-head", {},
        h("section.start-words", {},
          h("h1", {}, "Play it. See it written."),
          h("p", {}, "Backbeat listens to a video of somebody playing the drums and writes it down: for the music stand, for other programs, ",
            "and here, where score and picture move together. Everything happens on this machine.")),
        h("section.start-drop", { "aria-label": "Begin" }, dropField(take),
          h("p.small.soft", {}, "No clip at hand? ", h("button.link", {
            type: "button", onclick: () => demoClip().then((file) => take([file])).catch(() => null) }, "Send the one below")))),
      shown, hint),
    h("footer.foot", {}, h("a", { href: "#/api" }, "For programs: the API"), h("a", { href: "/docs" }, "All routes"),
      h("span", {}, "Sounds of the demo: MuldjordKit by Lars Muldjord, DrumGizmo.org, CC BY 4.0; Virtuosity Drums, CC0")));
  return {};
}

/** The clip of the demo as a file, to see the whole way with it. */
async function demoClip() {
  const response = await fetch("/demo/video");
  return new File([await response.blob()], "Backbeat demo.mp4", { type: "video/mp4", lastModified: 0 });
}

/** One hint at a time; each goes when it has been followed. */
function hints(shown, line) {
  let at = 0;
  const show = () => { line.textContent = at < HINTS.length ? HINTS[at] : "That is all there is to know. The key ? shows the rest."; };
  const done = (which) => { if (which === at) { at += 1; show(); } };
  shown.addEventListener("ready", () => {
    show();
    shown.score.addEventListener("note", () => done(0));
    shown.score.addEventListener("bars", () => done(1));
    document.addEventListener("keydown", (event) => { if (event.key === "n" && shown.isConnected) done(2); });
  });
}
