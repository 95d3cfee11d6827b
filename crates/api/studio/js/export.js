// Files of a score, links for others, and the same for programs.

import { api } from "./api.js";
import { dialog, fill, h, icon, problemBlock, snippet, toast } from "./dom.js";
import { day } from "./words.js";

const FIRST = ["pdf", "musicxml", "midi", "zip"];

function save(bytes, name, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

const fileName = (title, extension) => `${title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, "_").slice(0, 120) || "score"}.${extension}`;

async function download(source, format, title, options) {
  save(await source.file(format.id, options), fileName(title, format.extension), "application/octet-stream");
  toast(`${format.name} saved.`);
}

/** Prints the PDF, the page for the music stand, of a level of difficulty. */
export async function printScore(source, reading = {}) {
  try {
    const bytes = await source.file("pdf", reading);
    const url = URL.createObjectURL(new Blob([bytes], { type: "application/pdf" }));
    if (!open(url, "_blank")) save(bytes, "score.pdf", "application/pdf");
    setTimeout(() => URL.revokeObjectURL(url), 300_000);
  } catch (error) {
    toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad" });
  }
}

export function exportDialog(source, known, { title, level }) {
  const levels = h("select", { "aria-label": "Level of difficulty" }, [5, 4, 3, 2, 1].map((one) =>
    h("option", { value: String(one), selected: one === level }, one === 5 ? "5, everything" : one === 1 ? "1, the pulse" : String(one))));
  const paper = h("select", { "aria-label": "Paper" }, h("option", { value: "a4" }, "A4"), h("option", { value: "letter" }, "Letter"));
  const button = (format) => h("button.format", {
    type: "button",
    "data-format": format.id,
    onclick: async (event) => {
      const pressed = event.currentTarget;
      pressed.disabled = true;
      const options = Object.entries({ paper: paper.value, level: levels.value }).filter(([name]) => format.options.includes(name));
      await download(source, format, title, Object.fromEntries(options))
        .catch((error) => toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad", seconds: 10 }));
      pressed.disabled = false;
    },
  }, icon("download"), h("span", {}, h("b", {}, format.name), h("small", {}, format.description)));
  const first = FIRST.map((id) => known.formats.find((format) => format.id === id)).filter(Boolean);
  const rest = known.formats.filter((format) => !FIRST.includes(format.id));
  const part = (heading, ...content) => h("section.sheet-part", { "aria-label": heading }, h("h3", {}, heading), content);
  dialog("Export and share", h("div.sheet-parts", {},
    h("section.sheet-part", { "aria-label": "Files" },
      h("div.upload-line", {}, h("h3", {}, "For the stand and for other programs"),
        h("div.tools-line.small", {}, h("label.tools-line", {}, "Level", levels), h("label.tools-line", {}, "Paper", paper))),
      h("div.formats", {}, first.map(button))),
    source.editable ? part("A link for the band", sharing(source)) : null,
    part("All other formats", h("div.formats.others", {}, rest.map(button))),
    part("For programs", snippets(source))), { wide: true });
}

const DAYS = [["7", "for a week"], ["30", "for a month"], ["1", "for a day"], ["", "until I take it back"]];

function sharing(source) {
  const place = h("div.compare");
  const until = h("select", { "aria-label": "How long the link is valid" }, DAYS.map(([value, name]) => h("option", { value }, name)));
  const shares = `/videos/${source.videoId}/shares`;
  const make = h("button.button.compact", { type: "button" }, icon("share"), "Make a link");
  const listed = h("ul.versions.shares");
  const show = async () => {
    const answer = await api.get(shares).catch(() => []);
    fill(listed, (answer.items ?? answer).map((share) => row(share)));
  };
  // The server shows the address once, when the link is made.
  const made = new Map();
  const row = (share) => {
    const path = share.url ?? made.get(share.id);
    const url = path ? new URL(path, location.href).href : null;
    return h("li", {}, h("div", {}, url ? h("a", { href: url, target: "_blank", rel: "noopener" }, url) : `Link made ${day(share.created_at)}`,
      h("div.small.soft", {}, share.expires_at ? `Valid until ${day(share.expires_at)}` : "Valid until you take it back")),
    h("div.desk-tools", {},
      url ? h("button.button.quiet.compact", { type: "button", onclick: () => navigator.clipboard.writeText(url).then(() => toast("Link copied.")) }, "Copy") : null,
      h("button.button.quiet.compact", { type: "button", onclick: async () => { await api.delete(`${shares}/${share.id}`); await show(); toast("The link is dead now."); } }, "Take back")));
  };
  make.addEventListener("click", async () => {
    make.disabled = true;
    try {
      const days = Number(until.value);
      const expires = days ? { expires_at: new Date(Date.now() + days * 86_400_000).toISOString() } : {};
      const share = await api.post(shares, expires);
      made.set(share.id, share.url);
      await show();
    } catch (error) {
      place.append(problemBlock(error));
    }
    make.disabled = false;
  });
  show();
  fill(place, h("p.small.soft", {}, "Who has the link sees video and score and can practise with them, without an account. Nobody can change anything."),
    h("div.tools-line", {}, make, h("label.tools-line.small", {}, until)), listed);
  return place;
}

function snippets(source) {
  const here = location.origin;
  const own = source.editable ? " \\\n     -H \"Authorization: Bearer $TOKEN\"" : "";
  const lines = [`curl ${here}${source.exportUrl("musicxml")}${own} -o score.musicxml`];
  if (source.editable) {
    lines.unshift(`TOKEN=$(curl -s ${here}/users/login -d username=YOU@EXAMPLE.COM \\\n     -d password=... | jq -r .access_token)`);
    lines.push(`curl ${here}/notation/${source.notationId}${own}`);
  }
  const text = lines.join("\n\n");
  return [snippet("Commands", text), h("p.small", {}, h("a", { href: "/docs", target: "_blank", rel: "noopener" }, "All routes"))];
}
