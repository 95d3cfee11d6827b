// <bb-score>: the engraved pages, with cursor, selection, doubts and loop drawn over them.
//
// The pages are the engine's own SVG. Overlays are drawn in its unit, the millimetre on paper, page by page.
// Events: "note" (detail: id), "place" (detail: seconds), "bars" (detail: {from, to}, indices of measures).

import { fill, h, svg } from "./dom.js";

const DRAG_PX = 7;
const HOLD_MS = 380;

class ScoreView extends HTMLElement {
  connectedCallback() {
    if (this.scroll) return;
    this.pages = [];
    this.selected = [];
    this.scroll = h("div.score-scroll", { tabindex: "0", role: "group" });
    this.append(this.scroll);
    this.scroll.addEventListener("pointerdown", (event) => this.press(event));
    this.scroll.addEventListener("scroll", () => { this.touched = performance.now(); }, { passive: true });
  }

  /** Shows an engraving. `paged` keeps the sheets whole, otherwise their empty borders are cut off. */
  show(text, piece, { paged = false, label = "Score" } = {}) {
    this.piece = piece;
    this.scroll.setAttribute("aria-label", label);
    const drawn = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const defs = drawn.querySelector("defs");
    const groups = [...drawn.querySelectorAll(":scope > g.page")];
    const sheets = groups.map((group, index) => this.sheet(document.importNode(group, true), index, defs));
    this.pages = sheets;
    fill(this.scroll, sheets.map((sheet) => sheet.element));
    this.scroll.classList.toggle("paged", paged);
    for (const sheet of sheets) this.crop(sheet, paged);
    this.name();
    this.cursorLine = svg("rect", { class: "score-cursor", width: 0.7, rx: 0.35 });
    this.shown = null;
    this.select(this.selected);
    this.doubt(this.doubted ?? []);
    this.loop(this.looped ?? null);
  }

  sheet(group, index, defs) {
    const scale = /scale\(([\d.]+)\)/.exec(group.getAttribute("transform"))[1];
    group.setAttribute("transform", `scale(${scale})`);
    const { width_mm: width, height_mm: height } = this.piece.timemap.pages[index];
    const under = svg("g", { class: "score-under" });
    const over = svg("g", { class: "score-over" });
    const element = svg("svg", {
      viewBox: `0 0 ${width} ${height}`, class: "score-page", fill: "currentColor", role: "group",
      "aria-label": `Page ${index + 1}`,
    }, ...(index === 0 && defs ? [document.importNode(defs, true)] : []), under, group, over);
    element.dataset.page = index;
    return { element, group, under, over, scale: Number(scale), width, height };
  }

  crop(sheet, paged) {
    if (paged) return;
    // Title and page number belong to paper; here the desk says them.
    const lines = this.piece.timemap.systems.filter((system) => system.page === Number(sheet.element.dataset.page));
    const end = Math.max(0, ...lines.map((system) => system.bottom_mm));
    for (const mark of sheet.group.querySelectorAll(":scope > .title, :scope > .text")) {
      if (mark.classList.contains("title") || mark.getBBox().y * sheet.scale > end) mark.remove();
    }
    const box = sheet.group.getBBox();
    const top = Math.max(0, box.y * sheet.scale - 3);
    const bottom = Math.min(sheet.height, (box.y + box.height) * sheet.scale + 3);
    sheet.element.setAttribute("viewBox", `0 ${top.toFixed(2)} ${sheet.width} ${(bottom - top).toFixed(2)}`);
  }

  /** Every note says what it is. */
  name() {
    for (const note of this.piece.notes.values()) {
      const element = this.find(note.id);
      if (!element) continue;
      element.classList.add("note");
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", this.piece.words(note));
    }
  }

  // There is one score in a document, and by id is quicker than by selector where notes are thousands.
  find(id) { return document.getElementById(id); }

  /** The box of an element in millimetres, and its page. */
  boxOf(id) {
    const element = this.find(id);
    const page = element && this.pages[element.closest(".score-page").dataset.page];
    if (!page) return null;
    const { x, y, width, height } = element.getBBox();
    const s = page.scale;
    return { page, x: x * s, y: y * s, width: width * s, height: height * s };
  }

  /** Moves the cursor to a time and, while it plays, the line of music into sight. */
  cursor(time, { follow = false } = {}) {
    const at = this.piece?.cursorAt(time);
    if (!at || !this.cursorLine) return;
    const system = this.piece.timemap.systems[at.system];
    if (this.shown !== at.system) {
      this.shown = at.system;
      this.cursorLine.setAttribute("y", system.top_mm - 3);
      this.cursorLine.setAttribute("height", system.bottom_mm - system.top_mm + 6);
      this.pages[system.page].over.append(this.cursorLine);
      if (follow) this.reveal(system);
    }
    this.cursorLine.setAttribute("x", (at.x - 0.35).toFixed(3));
    this.cursorLine.dataset.time = time.toFixed(4);
  }

  /** Brings a line of music into sight, above what else may lie over the score. */
  reveal(system, { always = false, above = null } = {}) {
    if (!always && performance.now() - (this.touched ?? 0) < 1500) return;
    const own = this.getBoundingClientRect();
    // Where the page scrolls as well, the score itself may be out of sight.
    if (always && (own.top > innerHeight * 0.5 || own.bottom < innerHeight * 0.4)) this.scrollIntoView({ block: "start" });
    const page = this.pages[system.page].element;
    const [, top, , height] = page.getAttribute("viewBox").split(" ").map(Number);
    const shown = page.getBoundingClientRect();
    const frame = this.scroll.getBoundingClientRect();
    const perMm = shown.height / height;
    const y = shown.top - frame.top + (system.top_mm - top) * perMm;
    const bottom = shown.top - frame.top + (system.bottom_mm - top) * perMm;
    const free = Math.min(frame.height, above ? above.getBoundingClientRect().top - frame.top : Infinity);
    if (y < 12 || bottom > free - 12) {
      const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
      const place = Math.max(12, Math.min(frame.height * 0.18, free - 12 - (bottom - y)));
      this.scroll.scrollTo({ top: this.scroll.scrollTop + y - place, behavior: smooth ? "smooth" : "auto" });
    }
  }

  /** Marks notes as chosen. */
  select(ids) {
    this.selected = ids;
    for (const page of this.pages) page.over.querySelectorAll(".score-chosen").forEach((one) => one.remove());
    this.scroll.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
    for (const id of ids) {
      const box = this.boxOf(id);
      if (!box) continue;
      this.find(id).classList.add("chosen");
      box.page.over.append(svg("rect", {
        class: "score-chosen", x: box.x - 0.9, y: box.y - 0.9, width: box.width + 1.8, height: box.height + 1.8, rx: 1.2,
      }));
    }
  }

  systemOf(measure) {
    const id = this.piece.measures[measure]?.id;
    return this.piece.timemap.systems.find((system) => system.measures.some((bar) => bar.id === id));
  }

  /** Tints notes and draws a wavy line below them: colour is not the only sign. */
  doubt(ids) {
    this.doubted = ids;
    for (const page of this.pages) page.under.querySelectorAll(".score-doubt").forEach((one) => one.remove());
    this.scroll.querySelectorAll(".doubtful").forEach((one) => one.classList.remove("doubtful"));
    for (const id of ids) {
      const box = this.boxOf(id);
      if (!box) continue;
      const element = this.find(id);
      element.classList.add("doubtful");
      element.setAttribute("aria-label", `${this.piece.words(this.piece.notes.get(id))}, doubtful`);
      const y = box.y + box.height + 0.8;
      const step = (box.width + 1.2) / 4;
      box.page.under.append(svg("path", {
        class: "score-doubt", d: `M${box.x - 0.6} ${y}q${step / 2} -1.1 ${step} 0t${step} 0 ${step} 0 ${step} 0`,
      }));
    }
  }

  /** Shades the bars that are looped; null for none. */
  loop(bars) {
    this.looped = bars;
    for (const page of this.pages) page.under.querySelectorAll(".score-loop").forEach((one) => one.remove());
    if (!bars || !this.piece) return;
    const wanted = new Set(this.piece.measures.slice(bars.from, bars.to + 1).map((measure) => measure.id));
    for (const system of this.piece.timemap.systems) {
      const inside = system.measures.filter((bar) => wanted.has(bar.id));
      if (inside.length === 0) continue;
      this.pages[system.page].under.append(svg("rect", {
        class: "score-loop", x: inside[0].left_mm, y: system.top_mm - 3.5, rx: 1,
        width: inside.at(-1).right_mm - inside[0].left_mm, height: system.bottom_mm - system.top_mm + 7,
      }));
    }
  }

  /** What lies at a point of the window: system, bar, millimetres. */
  at(clientX, clientY) {
    const element = this.pages.find(({ element: one }) => {
      const box = one.getBoundingClientRect();
      return clientY >= box.top && clientY <= box.bottom;
    })?.element;
    if (!element) return null;
    const point = new DOMPoint(clientX, clientY).matrixTransform(element.getScreenCTM().inverse());
    const lines = this.piece.timemap.systems.map((system, index) => ({ system, index }))
      .filter(({ system }) => system.page === Number(element.dataset.page));
    const away = ({ system }) => Math.max(system.top_mm - point.y, point.y - system.bottom_mm, 0);
    const line = lines.sort((a, b) => away(a) - away(b))[0];
    if (!line) return null;
    const bars = line.system.measures;
    const bar = bars.find((one) => point.x < one.right_mm) ?? bars.at(-1);
    return { x: point.x, system: line.index, measure: bar ? this.piece.measureIndex.get(bar.id) : 0 };
  }

  press(event) {
    if (event.button !== 0 || !this.piece) return;
    const start = this.at(event.clientX, event.clientY);
    const target = event.target.closest("[id^='n']")?.id;
    const touch = event.pointerType === "touch";
    let dragging = false;
    let held = !touch;
    const hold = touch ? setTimeout(() => { held = true; navigator.vibrate?.(10); }, HOLD_MS) : 0;
    const far = (move) => Math.hypot(move.clientX - event.clientX, move.clientY - event.clientY) > DRAG_PX;
    const bars = (move) => {
      const end = this.at(move.clientX, move.clientY);
      if (!start || !end) return null;
      return { from: Math.min(start.measure, end.measure), to: Math.max(start.measure, end.measure) };
    };
    const before = this.looped;
    const move = (moved) => {
      if (!far(moved) && !dragging) return;
      if (!held) { stop(); return; }
      dragging = true;
      const range = bars(moved);
      if (range) this.loop(range);
    };
    const block = (moved) => { if (held) moved.preventDefault(); };
    const up = (ended) => {
      stop();
      const range = dragging && bars(ended);
      if (range) this.tell("bars", range);
      else if (!dragging) this.chosen(target, start);
    };
    const cancel = () => { stop(); this.loop(before); };
    const stop = () => {
      clearTimeout(hold);
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", cancel);
      this.scroll.removeEventListener("touchmove", block);
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", cancel);
    this.scroll.addEventListener("touchmove", block, { passive: false });
  }

  chosen(target, place) {
    if (target && this.piece.notes.has(target)) return this.tell("note", target);
    if (!place) return undefined;
    const stops = this.piece.stops.filter((stop) => stop.system === place.system);
    const nearest = stops.reduce((best, stop) =>
      (!best || Math.abs(stop.x_mm - place.x) < Math.abs(best.x_mm - place.x) ? stop : best), null);
    if (nearest) this.tell("place", nearest.time_s);
    return undefined;
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

customElements.define("bb-score", ScoreView);
