// <bb-wave>: the sound as a waveform with the strokes of each piece of the kit in lanes below it, on one axis of time.
//
// Events: "seek" (detail: seconds), "stretch" (detail: {from, to} in seconds), "lane" (detail: {piece, what}).

import { fill, h } from "./dom.js";

export const LANES = [
  ["cymbal", "Cymbals"], ["ride", "Ride"], ["hihat", "Hi-hat"], ["tom", "Toms"], ["snare", "Snare"], ["kick", "Kick"],
  ["percussion", "Other"],
];
const WAVE_PX = 64;
const LANE_PX_MIN = 25;
const LANE_PX_MAX = 40;
const SHOWN_S_MAX = 32;

class WaveView extends HTMLElement {
  connectedCallback() {
    if (this.canvas) return;
    this.canvas = h("canvas", { role: "img", "aria-label": "Waveform" });
    this.playhead = h("div.playhead");
    this.names = h("div.lane-names");
    this.played = h("div.played");
    this.field = h("div.wave-field", {}, this.canvas, this.played, this.playhead);
    this.append(this.names, this.field);
    this.field.addEventListener("pointerdown", (event) => this.press(event));
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.field);
    this.themes = new MutationObserver(() => this.draw());
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  disconnectedCallback() {
    this.sizes?.disconnect();
    this.themes?.disconnect();
  }

  /** `strokes` are `{time_s, piece, velocity, doubtful}`; `mixable` gives each lane its mute and solo; `bare` is without waveform. */
  show({ waveform, strokes, duration, mixable = false, lanes = null, bare = false }) {
    this.waveform = waveform;
    this.wavePx = bare ? 0 : WAVE_PX;
    this.classList.toggle("bare", bare);
    this.strokes = strokes;
    this.duration = Math.max(duration, 0.1);
    const used = new Set(strokes.map((stroke) => stroke.piece));
    this.lanes = LANES.filter(([id]) => (lanes ? lanes.includes(id) : used.has(id)));
    this.from ??= 0;
    this.mixable = mixable;
    // Between these it takes what room there is.
    this.style.minHeight = `${this.wavePx + this.lanes.length * LANE_PX_MIN}px`;
    this.style.maxHeight = `${this.wavePx + this.lanes.length * LANE_PX_MAX}px`;
    this.canvas.setAttribute("aria-label", `${bare ? "Lanes" : "Waveform"} with ${strokes.length} strokes in ${this.lanes.length} lanes`);
    fill(this.names, this.lanes.map(([id, name]) => this.laneName(id, name)));
    this.mixed(this.mix ?? { muted: [], solo: [] });
    this.draw();
  }

  laneName(id, name) {
    const act = (what) => () => this.tell("lane", { piece: id, what });
    const buttons = this.mixable ? [
      h("button.lane-button", { type: "button", "aria-label": `Mute ${name}`, title: `Mute ${name}`, "data-what": "muted",
        "data-piece": id, onclick: act("muted") }, "M"),
      h("button.lane-button", { type: "button", "aria-label": `Only ${name}`, title: `Only ${name} (solo)`,
        "data-what": "solo", "data-piece": id, onclick: act("solo") }, "S"),
    ] : [];
    return h("div.lane-name", {}, h("span", {}, name), ...buttons);
  }

  /** Shows which lanes are muted or heard alone. */
  mixed(mix) {
    this.mix = mix;
    for (const button of this.names.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(mix[button.dataset.what].includes(button.dataset.piece)));
    }
  }

  get span() { return Math.min(this.duration, SHOWN_S_MAX); }
  x(time) { return ((time - this.from) / this.span) * this.field.clientWidth; }
  time(x) { return Math.min(this.duration, Math.max(0, this.from + (x / this.field.clientWidth) * this.span)); }

  /** Moves the line of now, and the stretch shown where the piece is longer than it. */
  cursor(time) {
    if (!this.strokes) return;
    if (time < this.from || time > this.from + this.span) {
      this.from = Math.min(Math.max(0, time - this.span * 0.1), this.duration - this.span);
      this.draw();
    }
    const x = this.x(time);
    this.playhead.style.transform = `translateX(${x.toFixed(2)}px)`;
    this.played.style.transform = `scaleX(${(x / this.field.clientWidth || 0).toFixed(5)})`;
  }

  loop(stretch) { this.looped = stretch; this.draw(); }

  draw() {
    if (!this.strokes || this.field.clientWidth === 0) return;
    const width = this.field.clientWidth;
    const height = this.canvas.clientHeight;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const pen = this.canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(this);
    const colour = (name) => style.getPropertyValue(name).trim();
    if (this.looped) {
      pen.fillStyle = colour("--wash");
      pen.fillRect(this.x(this.looped.from), 0, this.x(this.looped.to) - this.x(this.looped.from), height);
    }
    this.drawWave(pen, width, colour("--strong-line"));
    this.drawLanes(pen, width, colour);
  }

  drawWave(pen, width, colour) {
    if (!this.waveform) return;
    const { peaks, buckets_per_s: rate } = this.waveform;
    const middle = this.wavePx / 2;
    pen.fillStyle = colour;
    for (let x = 0; x < width; x += 2) {
      const from = Math.floor(this.time(x) * rate);
      const to = Math.max(from + 1, Math.floor(this.time(x + 2) * rate));
      let peak = 0;
      for (let index = from; index < to && index < peaks.length; index += 1) peak = Math.max(peak, peaks[index]);
      const half = Math.max(0.5, peak * (middle - 4));
      pen.fillRect(x, middle - half, 1.3, half * 2);
    }
  }

  drawLanes(pen, width, colour) {
    const [line, ink, doubt] = ["--line", "--accent", "--doubt"].map(colour);
    const lanePx = (this.canvas.clientHeight - this.wavePx) / this.lanes.length;
    const rows = new Map(this.lanes.map(([id], index) => [id, Math.round(this.wavePx + index * lanePx)]));
    pen.fillStyle = line;
    for (const top of rows.values()) pen.fillRect(0, top, width, 1);
    for (const stroke of this.strokes) {
      const top = rows.get(stroke.piece);
      const x = this.x(stroke.time_s);
      if (top === undefined || x < -4 || x > width + 4) continue;
      const size = 4 + stroke.velocity * (lanePx - 9);
      const y = top + (lanePx - size) / 2 + 0.5;
      pen.fillStyle = stroke.doubtful ? doubt : ink;
      pen.strokeStyle = pen.fillStyle;
      if (stroke.doubtful) pen.strokeRect(x - 1.5, y, 3, size);
      else pen.fillRect(x - 1.2, y, 2.4, size);
    }
  }

  press(event) {
    if (event.button !== 0 || !this.strokes) return;
    const left = this.field.getBoundingClientRect().left;
    const start = event.clientX - left;
    let dragged = false;
    const move = (moved) => {
      if (Math.abs(moved.clientX - event.clientX) < 7 || event.pointerType === "touch") return;
      dragged = true;
      const [a, b] = [this.time(start), this.time(moved.clientX - left)];
      this.loop({ from: Math.min(a, b), to: Math.max(a, b) });
    };
    const up = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      if (dragged) this.tell("stretch", this.looped);
      else this.tell("seek", this.time(start));
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
  }

  tell(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

customElements.define("bb-wave", WaveView);
