// For programs: three commands, filled in with this server's address.

import { fill, h, snippet } from "./dom.js";

const command = (title, words, text) => h("section.card", {}, h("div", {}, h("h2", {}, title), h("p.soft.small", {}, words)), snippet(title, text));

export default function page({ main }) {
  document.title = "API - Backbeat";
  const here = location.origin;
  const token = "-H \"Authorization: Bearer $TOKEN\"";
  fill(main, h("div.page", {},
    h("header.page-head", {}, h("h1", {}, "Three commands"),
      h("p.soft", {}, h("a", { href: "/docs" }, "Every route, to try out"), " · ", h("a", { href: "/redoc" }, "to read"), " · ", h("a", { href: "/openapi.json" }, "OpenAPI document"))),
    command("Get a token", "It is valid for a while; with the refresh token comes the next one.",
      `TOKEN=$(curl -s ${here}/users/login \\\n  -d username=YOU@EXAMPLE.COM -d password=YOUR-PASSWORD \\\n  | jq -r .access_token)`),
    command("Send a clip and have it written", "The answer comes when the score is there, after a minute at the latest.",
      `VIDEO=$(curl -s ${here}/videos/upload ${token} \\\n  -F file=@clip.mp4 | jq -r .video.id)\n`
      + `NOTATION=$(curl -s -X POST ${here}/videos/$VIDEO/generate-notation \\\n  ${token} -H "Prefer: wait=60" | jq -r .notation_id)`),
    command("Fetch the score", "In any format: pdf, midi, svg, tab, zip and the others.",
      `curl ${here}/notation/$NOTATION/export/musicxml \\\n  ${token} -o clip.musicxml`)));
  return {};
}
