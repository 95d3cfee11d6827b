// <bb-desk>: one piece on one clock. Puts picture, waveform, score and transport together and gives the keys their meaning.
//
// Set `source` before putting it on the page. Attributes: none. What can be corrected is in corrections.js.

import { facts } from "./api.js";
import { Corrections } from "./corrections.js";
import { announce, fill, h, icon, iconButton, problemBlock, toast } from "./dom.js";
import { Drums } from "./drums.js";
import { exportDialog, printScore } from "./export.js";
import { helpDialog } from "./help.js";
import { Piece } from "./piece.js";
import { Player } from "./player.js";
import { preferences } from "./preferences.js";
import "./score-view.js";
import { transport } from "./transport.js";
import "./wave-view.js";

/** Sizes of the score on the screen: staff space in millimetres of a sheet as wide as the window, bars in a line. */
const ZOOMS = [
  { staff_space: 1.2, measures_per_system: 6 }, { staff_space: 1.5, measures_per_system: 4 },
  { staff_space: 2, measures_per_system: 3 }, { staff_space: 2.5, measures_per_system: 2 },
  { staff_space: 3, measures_per_system: 2 }, { staff_space: 3, measures_per_system: 1 },
];
const ON_SCREEN = { margin: 5, drum_key: false, joined_rests: false };

const fitting = (width) => (width >= 760 ? 1 : width >= 560 ? 2 : width >= 440 ? 3 : 4);

class Desk extends HTMLElement {
  async connectedCallback() {
    if (this.built) return;
    this.built = true;
    this.prefs = preferences(this.source.key);
    this.build();
    try {
      await this.load();
    } catch (error) {
      if (!this.isConnected) return;
      this.left.hidden = true;
      fill(this.score, h("div.score-wait", {}, problemBlock(error,
        h("button.button.quiet.compact", { type: "button", onclick: () => this.again() }, "Try again"))));
    }
  }

  disconnectedCallback() {
    this.player?.pause();
    this.keys?.abort();
    if (this.drums?.context) this.drums.context.close();
    if (this.notesUrl) URL.revokeObjectURL(this.notesUrl);
  }

  again() {
    this.built = false;
    this.replaceChildren();
    this.connectedCallback();
  }

  build() {
    const heading = this.level ?? "h1";
    this.titleLine = h(heading, {}, "\u00a0");
    this.factsLine = h("p.desk-facts.numbers", {});
    this.tools = h("div.desk-tools", { role: "toolbar", "aria-label": "Score" });
    this.video = h("video", { src: this.source.videoUrl, preload: "auto", playsinline: "", "aria-label": "Recording" });
    this.countShown = h("div.count", { hidden: true, "aria-hidden": "true" });
    this.picture = h("div.picture", {}, this.video, this.countShown);
    this.wave = document.createElement("bb-wave");
    this.pencil = h("div.pencil-place");
    this.left = h("section.desk-left", { "aria-label": "Recording" }, this.picture, this.wave);
    this.score = document.createElement("bb-score");
    const head = h("header.desk-head", {}, h("div.desk-title", {}, this.titleLine, this.factsLine), this.tools);
    this.append(head, this.left, this.score, this.pencil);
    fill(this.score, h("div.score-wait", { role: "status" },
      h("div.beats", { "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i")),
      h("p", {}, this.source.key === "demo" ? "Listening to the clip and writing it down, right now." : "Opening the score.")));
    this.video.addEventListener("click", () => this.player?.toggle());
    this.video.addEventListener("error", () => this.noPicture());
  }

  /** Browsers play few containers. Where this one cannot, the written notes keep the time, as sound alone. */
  noPicture() {
    if (!this.opened) {
      this.unplayable = true;
      return;
    }
    if (this.soundOnly) return;
    this.soundOnly = true;
    this.picture.classList.add("none");
    this.picture.append(h("p.picture-words", {}, "Sound alone: the written notes"));
    this.attempt(() => this.playNotes());
    toast("This browser cannot play the recording's format. You hear the written notes instead.", { seconds: 10 });
  }

  /** As a whole: a player only goes back and forth in what it has, or may ask for in parts. */
  async playNotes() {
    const sound = new Blob([await this.source.file("wav")], { type: "audio/wav" });
    this.video.src = this.notesUrl = URL.createObjectURL(sound);
  }

  async load() {
    this.known = await facts();
    const opened = await this.source.open();
    if (opened === null) {
      location.replace(`#/progress/${this.source.videoId}`);
      return;
    }
    this.opened = opened;
    if (this.unplayable) this.noPicture();
    this.titleLine.textContent = opened.title;
    document.title = `${opened.title} - Backbeat`;
    this.zoom = this.prefs.zoom ?? fitting(this.score.clientWidth || this.clientWidth);
    this.paged = this.prefs.paged ?? false;
    const [waveform] = await Promise.all([this.source.waveform().catch(() => null), this.fetch()]);
    if (!this.isConnected) return;
    this.waveform = waveform;
    this.startPlayer();
    this.score.replaceChildren();
    this.score.scroll = null;
    this.score.connectedCallback();
    this.wire();
    this.corrections = new Corrections(this);
    this.showTools();
    this.show();
    this.restore();
    await this.corrections.start();
    this.dispatchEvent(new CustomEvent("ready"));
    this.dataset.ready = "";
  }

  style() { return this.paged ? { joined_rests: false } : { ...ON_SCREEN, ...ZOOMS[this.zoom] }; }

  /** Gets score, performance and engraving; all of them change with an edit. */
  async fetch() {
    const style = this.style();
    const { source } = this;
    const [svg, timemap, score, performance] = await Promise.all(
      [source.svg(style), source.timemap(style), source.score(), source.performance()]);
    this.drawn = svg;
    this.piece = new Piece({ score, performance, timemap, instruments: this.known.instruments });
  }

  /** After an edit, an undo or a change of size. */
  async refresh({ engravingOnly = false } = {}) {
    if (engravingOnly) {
      const style = this.style();
      const [svg, timemap] = await Promise.all([this.source.svg(style), this.source.timemap(style)]);
      this.drawn = svg;
      this.piece.place(timemap);
    } else {
      await this.fetch();
    }
    this.show();
    this.player.tell();
  }

  show() {
    const { piece } = this;
    this.player.piece = piece;
    this.score.show(this.drawn, piece, { paged: this.paged, label: `Score of ${this.opened.title}, ${piece.summary()}` });
    this.showWave();
    this.score.loop(this.player.bars);
    this.showFacts();
  }

  showWave() {
    const doubted = new Set(this.corrections.ids());
    const strokes = [...this.piece.notes.values()].map((note) => ({
      time_s: note.time, piece: this.piece.pieceOf(note.instrument), velocity: note.velocity, doubtful: doubted.has(note.id),
    }));
    this.wave.show({ waveform: this.waveform, strokes, duration: this.piece.duration, mixable: true });
    this.wave.mixed(this.player.lanes);
    this.wave.loop(this.player.stretch);
  }

  showFacts() {
    const open = this.corrections.items.length;
    const doubts = open === 0 ? null : h("button.link", { type: "button", onclick: () => this.corrections.next() },
      `${open} ${open === 1 ? "place" : "places"} worth a look`);
    const remarks = this.opened.remarks.length === 0 ? null
      : h("button.link", { type: "button", onclick: () => this.corrections.remarks(this.opened.remarks) },
        `${this.opened.remarks.length} ${this.opened.remarks.length === 1 ? "remark" : "remarks"}`);
    fill(this.factsLine, h("span", {}, this.piece.summary()), doubts, remarks);
    const names = new Map(doubted(this.corrections.items));
    this.score.doubt([...names.keys()].filter((id) => this.piece.notes.has(id)));
  }

  showTools() {
    const again = (change) => () => { change(); this.resize(); };
    this.pageButton = iconButton("page", "Whole pages", {
      "aria-pressed": String(this.paged), onclick: again(() => { this.paged = !this.paged; }),
    });
    fill(this.tools, this.corrections.tools(),
      iconButton("zoomout", "Smaller notes", { key: "-", onclick: () => this.zoomBy(-1) }),
      iconButton("zoomin", "Larger notes", { key: "+", onclick: () => this.zoomBy(1) }),
      this.pageButton,
      iconButton("print", "Print", { key: "P", onclick: () => printScore(this.source) }),
      iconButton("share", "Export and share", { key: "E", onclick: () => this.export() }),
      iconButton("help", "Keys", { key: "?", onclick: () => helpDialog(this.source.editable) }));
  }

  export() { exportDialog(this.source, this.known, this.opened); }

  zoomBy(steps) {
    const zoom = Math.min(ZOOMS.length - 1, Math.max(0, this.zoom + steps));
    if (zoom === this.zoom) return;
    this.zoom = zoom;
    this.resize();
  }

  async resize() {
    Object.assign(this.prefs, { paged: this.paged, zoom: this.zoom });
    this.prefs.save();
    this.pageButton.setAttribute("aria-pressed", String(this.paged));
    await this.attempt(() => this.refresh({ engravingOnly: true }));
  }

  /** Runs something that may fail and says so. */
  async attempt(act) {
    try {
      return await act();
    } catch (error) {
      toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad", seconds: 10 });
      return undefined;
    }
  }

  startPlayer() {
    const version = new URL(import.meta.url).pathname.split("/")[2];
    this.drums = new Drums({
      kitUrl: `/studio/${version}/kit.wav`, kitStepS: this.known.kit_step_s, instruments: this.known.instruments,
    });
    this.player = new Player(this.video, this.drums);
    this.player.piece = this.piece;
    this.transport = transport(this);
    this.append(this.transport.element);
  }

  wire() {
    const { player, score, wave } = this;
    player.addEventListener("time", () => this.follow());
    player.addEventListener("state", () => this.keep());
    player.addEventListener("count", ({ detail }) => {
      this.countShown.hidden = detail === 0;
      this.countShown.textContent = detail === 0 ? "" : String(detail);
    });
    score.addEventListener("note", ({ detail }) => this.chooseNote(detail));
    score.addEventListener("place", ({ detail }) => { player.seek(detail); this.choose([]); });
    score.addEventListener("bars", ({ detail }) => this.setLoop(detail));
    wave.addEventListener("seek", ({ detail }) => player.seek(detail));
    wave.addEventListener("stretch", ({ detail }) => this.setLoop({
      from: this.piece.measureAt(detail.from), to: this.piece.measureAt(Math.max(detail.from, detail.to - 0.05)),
    }));
    wave.addEventListener("lane", ({ detail }) => this.toggleLane(detail));
    this.keys = new AbortController();
    document.addEventListener("keydown", (event) => this.key(event), { signal: this.keys.signal });
  }

  follow() {
    const { time, playing } = this.player;
    this.score.cursor(time, { follow: playing });
    this.wave.cursor(time);
    this.transport.now(time);
  }

  /** Remembers how this piece is practised. */
  keep() {
    const { player } = this;
    Object.assign(this.prefs, {
      rate: player.rate, bars: player.bars, click: player.click, countIn: player.countIn, ladder: player.ladder,
      mix: player.mix, split: player.split, lanes: player.lanes,
    });
    this.prefs.save();
    this.transport.show();
    this.dataset.playing = String(player.playing);
  }

  restore() {
    const { player } = this;
    // A copy: each step below is kept at once, over what is still to be read.
    const prefs = { ...this.prefs };
    player.click = prefs.click ?? false;
    player.countIn = prefs.countIn ?? false;
    player.ladder = prefs.ladder ?? player.ladder;
    player.lanes = prefs.lanes ?? player.lanes;
    player.mix = prefs.mix ?? 0;
    player.split = prefs.split ?? false;
    const bars = prefs.bars;
    if (bars && bars.to < this.piece.measures.length) this.setLoop(bars);
    player.setRate(prefs.rate ?? 1);
    this.wave.mixed(player.lanes);
    if (player.mix > 0 || player.split) {
      // Sound may start only after a press; the first one brings the drums back.
      addEventListener("pointerdown", () => player.setMix(player.mix, player.split), { once: true });
      addEventListener("keydown", () => player.setMix(player.mix, player.split), { once: true });
    }
    this.follow();
    this.transport.show();
  }

  setLoop(bars) {
    this.player.setLoop(bars);
    this.score.loop(bars);
    this.wave.loop(this.player.stretch);
    if (bars) {
      const [from, to] = [bars.from, bars.to].map((index) => this.piece.measures[index].number);
      announce(from === to ? `Loop: bar ${from}` : `Loop: bars ${from} to ${to}`);
      const { from: start, to: end } = this.player.stretch;
      if (this.player.time < start || this.player.time >= end) this.player.seek(start);
    } else {
      announce("Loop off");
    }
  }

  toggleLoop() {
    if (this.player.bars) this.setLoop(null);
    else {
      const here = this.piece.measureAt(this.player.time);
      this.setLoop({ from: here, to: here });
    }
  }

  /** Sets one end of the loop to the bar of now. */
  loopEnd(which) {
    const here = this.piece.measureAt(this.player.time);
    const bars = this.player.bars ?? { from: here, to: here };
    const wanted = which === "from" ? { from: here, to: Math.max(here, bars.to) } : { from: Math.min(here, bars.from), to: here };
    this.setLoop(wanted);
  }

  toggleLane({ piece, what }) {
    const lanes = structuredClone(this.player.lanes);
    const at = lanes[what].indexOf(piece);
    if (at < 0) lanes[what].push(piece);
    else lanes[what].splice(at, 1);
    this.player.setLanes(lanes);
    this.wave.mixed(lanes);
    if (this.player.mix === 0) this.attempt(() => this.player.setMix(1));
  }

  /** The note that is worked on; null where none is chosen. */
  get chosen() { return this.piece.notes.get(this.score.selected[0]) ?? null; }

  choose(ids, options) {
    this.score.select(ids, options);
    this.corrections.chose();
  }

  chooseNote(id) {
    const note = this.piece.notes.get(id);
    this.player.seek(note.time);
    this.choose([id]);
    announce(this.piece.words(note));
  }

  /** To the next stroke, or the one before. */
  stepStroke(direction) {
    const { piece, player } = this;
    player.pause();
    const now = piece.strokeAt(player.time);
    const here = piece.strokes[now];
    const early = direction < 0 && here && player.time - here.time > 0.02;
    const index = early ? now : now + direction;
    const stroke = piece.strokes[Math.min(piece.strokes.length - 1, Math.max(0, index))];
    if (!stroke) return;
    player.seek(stroke.time);
    this.choose([stroke.notes[0].id]);
    announce(piece.strokeWords(stroke));
  }

  stepBar(direction) {
    const { piece, player } = this;
    const here = piece.measureAt(player.time);
    const late = direction < 0 && player.time - piece.measures[here].from_s > 0.4;
    const index = Math.min(piece.measures.length - 1, Math.max(0, late ? here : here + direction));
    player.seek(piece.measures[index].from_s);
    this.choose([], { follow: false });
    this.score.reveal(this.score.systemOf(index), { always: true });
    announce(`Bar ${piece.measures[index].number}`);
  }

  /** Another note of the same stroke. */
  stepInChord(direction) {
    const note = this.chosen;
    if (!note) return;
    const { notes } = this.piece.strokes[note.stroke];
    const next = notes[(notes.indexOf(note) + direction + notes.length) % notes.length];
    this.choose([next.id]);
    announce(this.piece.words(next));
  }

  key(event) {
    if (document.querySelector("dialog[open]") || event.defaultPrevented) return;
    const typing = event.target.closest("input:not([type='range']), select, textarea, [contenteditable]");
    if (typing) return;
    const onControl = event.target.closest("button, a, summary, input[type='checkbox']");
    if (onControl && [" ", "Enter"].includes(event.key)) return;
    if (event.target.matches("input[type='range']") && event.key.startsWith("Arrow")) return;
    const act = this.action(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  action(event) {
    const { key, shiftKey, altKey } = event;
    const control = event.ctrlKey || event.metaKey;
    const own = this.corrections.action(event);
    if (own) return own;
    if (control || altKey) return null;
    const { player, transport: bar } = this;
    const actions = {
      " ": () => this.attempt(() => player.toggle()),
      ArrowRight: () => (shiftKey ? this.stepBar(1) : this.stepStroke(1)),
      ArrowLeft: () => (shiftKey ? this.stepBar(-1) : this.stepStroke(-1)),
      ArrowUp: () => this.stepInChord(-1),
      ArrowDown: () => this.stepInChord(1),
      Home: () => player.seek(0),
      l: () => this.toggleLoop(),
      "[": () => this.loopEnd("from"),
      "]": () => this.loopEnd("to"),
      ",": () => player.setRate(player.rate - 0.05),
      ".": () => player.setRate(player.rate + 0.05),
      c: () => bar.toggle("click"),
      r: () => bar.toggle("countIn"),
      u: () => bar.toggleLadder(),
      x: () => this.attempt(() => player.setMix(player.mix >= 1 ? 0 : player.mix + 0.5)),
      y: () => this.attempt(() => player.setMix(player.mix || 0.5, !player.split)),
      "+": () => this.zoomBy(1),
      "=": () => this.zoomBy(1),
      "-": () => this.zoomBy(-1),
      p: () => printScore(this.source),
      e: () => this.export(),
      "?": () => helpDialog(this.source.editable),
      Escape: () => this.corrections.leave(),
    };
    return actions[key.length === 1 ? key.toLowerCase() : key];
  }
}

const doubted = (items) => items.map((item) => [item.element, item]);

customElements.define("bb-desk", Desk);

/** A desk for a source; `level` is the element of its title. */
export function desk(source, { level = "h1" } = {}) {
  const element = document.createElement("bb-desk");
  element.source = source;
  element.level = level;
  return element;
}

/** The large button over the picture, for those who see the page for the first time. */
export function bigPlay(element) {
  const button = h("button.big-play", { type: "button", "aria-label": "Play the demo", disabled: true }, icon("play"));
  element.addEventListener("ready", () => {
    element.picture.append(button);
    button.disabled = false;
    const { player } = element;
    button.addEventListener("click", () => player.toggle());
    player.addEventListener("state", () => { button.hidden = player.running || player.time > 0.5; });
  });
}
