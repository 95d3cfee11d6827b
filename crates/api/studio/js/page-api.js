// For programs: three commands, filled in with this server's address.

import { fill, h, icon, toast } from "./dom.js";

const command = (title, text) => h("section.card", {}, h("h2", {}, title), h("pre.snippet", { tabindex: "0", "aria-label": title }, text),
  h("div", {}, h("button.button.quiet.compact", { type: "button", onclick: () => navigator.clipboard.writeText(text).then(() => toast("Copied.")) }, icon("code"), "Copy")));

export default function page({ main }) {
  document.title = "API - Backbeat";
  const here = location.origin;
  const token = "-H \"Authorization: Bearer $TOKEN\"";
  fill(main, h("div.page", {},
    h("header.page-head", {}, h("h1", {}, "Three commands"),
      h("p.soft", {}, h("a", { href: "/docs" }, "Every route, to try out"), " · ", h("a", { href: "/redoc" }, "to read"), " · ", h("a", { href: "/openapi.json" }, "OpenAPI document"))),
    command("Get a token", `TOKEN=$(curl -s ${here}/users/login \\\n  -d username=YOU@EXAMPLE.COM -d password=YOUR-PASSWORD | jq -r .access_token)`),
    command("Send a clip and have it written", `VIDEO=$(curl -s ${here}/videos/upload ${token} -F file=@clip.mp4 | jq -r .video.id)\nNOTATION=$(curl -s -X POST ${here}/videos/$VIDEO/generate-notation ${token} \\\n  -H "Prefer: wait=60" | jq -r .notation_id)`),
    command("Fetch the score", `curl ${here}/notation/$NOTATION/export/musicxml ${token} -o clip.musicxml`)));
  return {};
}
