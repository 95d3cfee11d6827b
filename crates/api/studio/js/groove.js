// A few bars as a link that carries them: their drum tab, packed into the part of the address that no server gets. Whoever
// opens the link sees them engraved and can practise them; nothing is stored anywhere.

import { measureTempo } from "./piece.js";

/** As much as a line of a tab can be told to have. */
const TAB_WIDTH_CHARS = 1000;
const MUSIC = /^(.{2})\|/;

/** Cuts bars `from` to `to` (indices) out of a drum tab as the server writes it; gives lines of text. */
export function cutTab(text, from, to) {
  const blocks = text.split(/\n\s*\n/).map((block) => block.split("\n")).filter((lines) => lines.some((line) => MUSIC.test(line)));
  const cut = [];
  let before = 0;
  for (const lines of blocks) {
    const music = lines.filter((line) => MUSIC.test(line));
    const ends = [...music[0]].map((sign, at) => (sign === "|" ? at : -1)).filter((at) => at >= 0);
    const inside = (bar) => bar >= 0 && bar < ends.length - 1;
    const [first, last] = [Math.max(0, from - before), Math.min(ends.length - 2, to - before)];
    before += ends.length - 1;
    if (!inside(first) || !inside(last) || first > last) continue;
    const part = (line) => line.slice(0, 3) + line.slice(ends[first] + 1, ends[last + 1] + 1);
    const kept = lines.map(part).filter((line) => (MUSIC.test(line) ? /[^-|]/.test(line.slice(3)) : line.trim() !== ""));
    // Bars in which nothing is struck keep one line, so that they are counted.
    cut.push(kept.some((line) => MUSIC.test(line)) ? kept : [...kept, part(music[0])]);
  }
  return cut.map((lines) => lines.map((line) => line.trimEnd()).join("\n")).join("\n\n");
}

/** The address of a page with the bars `from` to `to` of a piece. */
export async function grooveLink(source, piece, { bars: { from, to }, reading, title }) {
  const bytes = await source.file("tab", { tab_width: TAB_WIDTH_CHARS, ...reading });
  const { meter } = piece.score.measures[from];
  const tempo = measureTempo(piece.score, from);
  const head = `${title.replaceAll(/\s+/g, " ").slice(0, 80)}\n${meter}${tempo ? `, ${tempo}` : ""}`;
  const tab = `${head}\n\n${cutTab(new TextDecoder().decode(bytes), from, to)}\n`;
  return `${location.origin}/#/groove/${await packed(tab)}`;
}

const through = (bytes, transform) => new Blob([bytes]).stream().pipeThrough(transform);

/** Text as letters that may stand in an address. */
export async function packed(text) {
  const bytes = await new Response(through(text, new CompressionStream("deflate-raw"))).arrayBuffer();
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The text again; fails beyond `bytesMax`, so that a small link does not become a large text. */
export async function unpacked(letters, bytesMax) {
  const damaged = Object.assign(new Error("This link is damaged: no groove comes out of it."),
    { final: true, hint: "Was a part of it lost on the way? Ask for it again." });
  try {
    const bytes = Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    let count = 0;
    const reader = through(bytes, new DecompressionStream("deflate-raw")).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return text + decoder.decode();
      count += value.length;
      if (count > bytesMax) { await reader.cancel(); throw damaged; }
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    throw damaged;
  }
}
