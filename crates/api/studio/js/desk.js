// <bb-desk>: one piece on one clock. Puts picture, waveform, score and transport together and gives the keys their meaning.
//
// Set `source` before putting it on the page. Attributes: none. What can be corrected is in corrections.js.

import { facts } from "./api.js";
import { Corrections } from "./corrections.js";
import { announce, fill, h, icon, iconButton, popover, problemBlock, segments, toast } from "./dom.js";
import { Drums } from "./drums.js";
import { exportDialog, printScore } from "./export.js";
import { grooveLink } from "./groove.js";
import { helpDialog } from "./help.js";
import { Piece } from "./piece.js";
import { Player } from "./player.js";
import { preferences } from "./preferences.js";
import "./score-view.js";
import { transport } from "./transport.js";
import "./wave-view.js";
import { day } from "./words.js";

/** Sizes of the score on the screen: staff space in millimetres of a sheet as wide as the window, bars in a line. */
const ZOOMS = [
  { staff_space: 1.2, measures_per_system: 6 }, { staff_space: 1.5, measures_per_system: 4 },
  { staff_space: 2, measures_per_system: 3 }, { staff_space: 2.5, measures_per_system: 2 },
  { staff_space: 3, measures_per_system: 2 }, { staff_space: 3, measures_per_system: 1 },
];
const ON_SCREEN = { margin: 5, drum_key: false, joined_rests: false };

/** Levels of difficulty, easiest first. */
const LEVELS = [[1, "1", "The pulse"], [2, "2", "The groove in eighths"], [3, "3", "Without ghost notes and grace notes"],
  [4, "4", "Without the finest divisions"], [5, "5", "Everything that was played"]];
const EVERYTHING = 5;
/** Nearer to a note than this the recording stands on it. */
const NEAR_S = 0.03;

const fitting = (width) => (width >= 760 ? 1 : width >= 560 ? 2 : width >= 440 ? 3 : 4);
const LARGEST_FITTING = 3;
/** About how high a line of music is, in staff spaces, and how wide the sheet, in millimetres. */
const LINE_SPACES = 15;
const SHEET_MM = 210;

/** The zoom for a frame of so many pixels: short pieces are written large enough to fill it. */
function zoomFor(width, height, bars) {
  let zoom = fitting(width);
  const fills = ({ staff_space: space, measures_per_system: perLine }) =>
    Math.ceil(bars / perLine) * space * LINE_SPACES * (width / SHEET_MM) <= height * 1.1;
  while (zoom < LARGEST_FITTING && fills(ZOOMS[zoom + 1])) zoom += 1;
  return zoom;
}

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
      const again = h("button.button.quiet.compact", { type: "button", onclick: () => this.again() }, "Try again");
      this.classList.add("failed");
      fill(this, h("div.page", {}, problemBlock(error, error.final ? null : again, h("a.button.quiet.compact", { href: "/#/" }, "To the start page"))));
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
    this.classList.remove("failed");
    this.replaceChildren();
    this.connectedCallback();
  }

  build() {
    this.titleLine = h(this.heading, {}, "\u00a0");
    this.rename = iconButton("edit", "Rename", { hidden: true, onclick: () => this.nameAnew() });
    this.factsLine = h("p.desk-facts.numbers", {});
    this.tools = h("div.desk-tools", { role: "toolbar", "aria-label": "Score" });
    const { videoUrl } = this.source;
    this.video = h("video", { src: videoUrl, preload: "auto", playsinline: "", "aria-label": videoUrl ? "Recording" : "The written notes" });
    this.unplayable = !videoUrl;
    this.countShown = h("div.count", { hidden: true, "aria-hidden": "true" });
    this.picture = h("div.picture", {}, this.video, this.countShown);
    this.wave = document.createElement("bb-wave");
    this.pencil = h("div.pencil-place");
    this.left = h("section.desk-left", { "aria-label": "Recording" }, this.picture, this.wave);
    this.score = document.createElement("bb-score");
    const head = h("header.desk-head", {}, h("div.desk-title", {}, h("div.title-line", {}, this.titleLine, this.rename), this.factsLine), this.tools);
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
    this.notes = this.attempt(() => this.playNotes());
    if (this.player) this.player.arriving = this.notes;
    if (!this.source.videoUrl) return;
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
    this.showTitle();
    this.zoom = this.prefs.zoom
      ?? zoomFor(this.score.clientWidth || this.clientWidth, this.score.clientHeight, opened.measures ?? Infinity);
    this.paged = this.prefs.paged ?? false;
    this.timing = this.prefs.timing ?? false;
    this.level = this.prefs.level ?? EVERYTHING;
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

  showTitle() {
    const { title } = this.opened;
    if (this.source.key !== "demo") document.title = `${title} - Backbeat`;
    fill(this.titleLine, h("span", { title }, title));
    this.rename.hidden = !this.source.rename;
  }

  /** Puts a field where the name stands. */
  nameAnew() {
    const field = h("input.title-field", { type: "text", value: this.opened.title, maxlength: "200", "aria-label": "Name of the piece" });
    let over = false;
    const end = (keep) => {
      if (over) return;
      over = true;
      const title = field.value.trim();
      if (!keep || title === "" || title === this.opened.title) { this.showTitle(); return; }
      this.attempt(async () => this.corrections.took(await this.source.rename(title), null)).then(() => this.showTitle());
    };
    field.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === "Escape") end(event.key === "Enter"); });
    field.addEventListener("blur", () => end(true));
    fill(this.titleLine, field);
    field.select();
    this.rename.hidden = true;
  }

  style() {
    const size = this.paged ? { joined_rests: false } : { ...ON_SCREEN, ...ZOOMS[this.zoom] };
    return { ...size, ...this.reading(), ...(this.timing ? { show_timing: true } : {}) };
  }

  get whole() { return this.level === EVERYTHING; }

  /** How much of what was played is written. */
  reading() { return this.level < EVERYTHING ? { level: this.level } : {}; }

  /** Gets score, performance and engraving; all of them change with an edit. */
  async fetch() {
    const style = this.style();
    const { source } = this;
    const [svg, timemap, score, performance] = await Promise.all(
      [source.svg(style), source.timemap(style), source.score(this.reading()), source.performance()]);
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
    this.wave.show({ waveform: this.waveform, strokes, duration: this.piece.duration, mixable: true, bare: !this.source.videoUrl });
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
    const { shared, expiresAt } = this.opened;
    const until = shared ? h("span", {}, expiresAt ? `Shared with you until ${day(expiresAt)}` : "Shared with you") : null;
    const level = this.whole ? null : h("button.link.plain-link", { type: "button", title: "Show everything that was played",
      onclick: () => this.readAt(EVERYTHING) }, `Level ${this.level} of ${EVERYTHING}`);
    fill(this.factsLine, h("span", {}, this.piece.summary()), level, doubts, remarks, until);
    const names = new Map(doubted(this.corrections.items));
    this.score.doubt([...names.keys()].filter((id) => this.piece.notes.has(id)));
  }

  /** The tools above the score, once; those that correct are hidden while an easier reading is shown. */
  showTools() {
    const view = iconButton("view", "View: pages, level, timing");
    const hung = popover(view, "View", () => this.viewChoices());
    const group = (...tools) => h("div.tool-group", {}, tools);
    this.correcting = this.corrections.tools().map((tools) => group(tools));
    const zoom = () => h("div.zoom.wide-tool", {}, this.zoomButtons());
    const lanes = iconButton("drums", "Strokes instead of the picture", { "aria-pressed": String(this.classList.contains("show-wave")),
      onclick: () => lanes.setAttribute("aria-pressed", String(this.classList.toggle("show-wave"))) });
    lanes.classList.add("left-toggle");
    fill(this.tools, group(this.corrections.doubtTool()), this.correcting,
      group(lanes, zoom(), view, hung),
      h("div.tool-group.wide-tool", {}, iconButton("print", "Print", { key: "P", onclick: () => printScore(this.source, this.reading()) }),
        iconButton("help", "Keys", { key: "?", onclick: () => helpDialog(this.source.editable) })),
      h("button.button.compact", { type: "button", title: "Export and share (E)", "aria-label": "Export and share", "aria-keyshortcuts": "E",
        onclick: () => this.export() }, icon("share"), h("span.wide-only", {}, "Export")));
    this.correcting.forEach((tools) => { tools.hidden = !this.corrections.editable; });
  }

  zoomButtons() {
    return [iconButton("zoomout", "Smaller notes", { key: "-", onclick: () => this.zoomBy(-1) }),
      iconButton("zoomin", "Larger notes", { key: "+", onclick: () => this.zoomBy(1) })];
  }

  /** What can be seen instead: whole pages, an easier reading, how early or late each note was played. */
  viewChoices() {
    const { level } = this;
    const words = h("p.small.soft", {}, LEVELS[level - 1][2]);
    const timing = h("input", { type: "checkbox", checked: this.timing, onchange: () => { this.timing = timing.checked; this.resize(); } });
    return [
      h("div.choice-line.narrow-tool", {}, h("span", {}, "Notes"), h("div.zoom", {}, this.zoomButtons())),
      h("div.choice-line", {}, h("span", {}, "Score"), segments("Score", [[false, "Scroll"], [true, "Pages"]], this.paged,
        (paged) => { this.paged = paged; this.resize(); })),
      h("div.choice-line", {}, h("span", {}, "Level"), segments("Level of difficulty", LEVELS, level, (chosen) => {
        fill(words, LEVELS[chosen - 1][2]);
        this.readAt(chosen);
      })),
      words,
      h("label.choice-line", {}, h("span", {}, "Early and late notes"), timing),
    ];
  }

  /** Another level of difficulty: other notes, so everything but the recording is read anew. */
  async readAt(level) {
    this.level = level;
    this.prefs.level = level;
    this.prefs.save();
    this.corrections.leave();
    await this.attempt(() => this.refresh());
    await this.corrections.start();
    this.correcting.forEach((tools) => { tools.hidden = !this.corrections.editable; });
    announce(`Level ${level}: ${LEVELS[level - 1][2]}`);
  }

  /** Copies a link that carries the bars of the loop. */
  copyGroove() {
    const { bars } = this.player;
    const most = this.known.groove_bars_max;
    if (!bars || bars.to - bars.from >= most) {
      toast(`A link carries up to ${most} bars. Loop those that it should have.`);
      return;
    }
    this.attempt(async () => {
      const link = await grooveLink(this.source, this.piece, { bars, reading: this.reading(), title: this.opened.title });
      await navigator.clipboard.writeText(link);
      toast(`Link copied. It carries the bars itself, in ${link.length} letters.`, { action: ["Open it", () => open(link, "_blank", "noopener")] });
    });
  }

  export() { exportDialog(this.source, this.known, { title: this.opened.title, level: this.level }); }

  zoomBy(steps) {
    const zoom = Math.min(ZOOMS.length - 1, Math.max(0, this.zoom + steps));
    if (zoom === this.zoom) return;
    this.zoom = zoom;
    this.resize();
  }

  async resize() {
    Object.assign(this.prefs, { paged: this.paged, zoom: this.zoom, timing: this.timing });
    this.prefs.save();
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
    this.player.arriving = this.notes;
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

  choose(ids, { follow = true } = {}) {
    this.score.select(ids);
    this.corrections.chose();
    if (follow) this.showChosen();
  }

  /** Brings the chosen note into sight, beside what is said about it. */
  showChosen() {
    const note = this.chosen;
    const system = note && this.score.systemOf(note.measure);
    if (system) this.score.reveal(system, { always: true, above: this.pencil.firstElementChild });
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
    // Players land near the place they are sent to; whose note is chosen stands on its stroke.
    const { chosen } = this;
    const now = chosen && Math.abs(chosen.time - player.time) < NEAR_S ? chosen.stroke : piece.strokeAt(player.time);
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
    if (document.querySelector("dialog[open], [popover]:popover-open") || event.defaultPrevented) return;
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
      p: () => printScore(this.source, this.reading()),
      e: () => this.export(),
      "?": () => helpDialog(this.source.editable),
      Escape: () => this.corrections.leave(),
    };
    return actions[key.length === 1 ? key.toLowerCase() : key];
  }
}

const doubted = (items) => items.map((item) => [item.element, item]);

customElements.define("bb-desk", Desk);

/** A desk for a source; `heading` is the element of its title. */
export function desk(source, { heading = "h1" } = {}) {
  const element = document.createElement("bb-desk");
  element.source = source;
  element.heading = heading;
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
