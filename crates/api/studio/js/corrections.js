// Doubt and correction: the walk through doubtful notes, and every change of a score, each of which can be undone.

import { announce, dialog, fill, h, icon, iconButton, problemBlock, toast } from "./dom.js";
import { changedMeasures, gridView } from "./grid-view.js";
import { summaryOf } from "./piece.js";
import { day } from "./words.js";

/** Keys of the palette, in the order in which they are offered. */
const PALETTE = [
  ["k", "kick"], ["s", "snare"], ["h", "hihat_closed"], ["o", "hihat_open"], ["p", "hihat_pedal"], ["r", "ride"],
  ["b", "ride_bell"], ["c", "crash"], ["t", "tom_high"], ["m", "tom_low_mid"], ["f", "tom_floor"], ["x", "cross_stick"],
];
const AROUND_S = 0.55;
const SLOW = 0.5;
const METERS = ["2/4", "3/4", "4/4", "5/4", "6/8", "7/8", "9/8", "12/8"];

export class Corrections {
  constructor(desk) {
    this.desk = desk;
    this.source = desk.source;
    this.items = [];
    this.at = -1;
    this.line = Promise.resolve();
  }

  /** An easier reading is made from the score; only the whole of it can be corrected. */
  get editable() { return this.source.editable && this.desk.whole; }
  ids() { return this.items.map((item) => item.element); }

  async start() {
    await this.look();
    this.desk.showFacts();
    this.desk.showWave();
  }

  /** Asks what is doubtful; what somebody said is right stays right. */
  async look() {
    const { piece, prefs } = this.desk;
    const right = new Set(prefs.right ?? []);
    // The score itself says as much, should the review not answer: a desk without doubts would be worse.
    const review = this.editable ? await this.source.review().catch(() => null) : null;
    const found = review?.items ?? piece.doubtful();
    const seen = new Set();
    this.items = found.filter((item) => piece.notes.has(item.element) && !right.has(this.nameOf(item))
      && !seen.has(item.element) && seen.add(item.element));
  }

  /** A name for a doubt that outlives changes elsewhere. */
  nameOf(item) {
    const note = this.desk.piece.notes.get(item.element);
    return item.hit_id !== undefined && item.hit_id !== null ? `hit ${item.hit_id}` : `${note.instrument} ${note.time.toFixed(2)}`;
  }

  doubtTool() { return iconButton("doubt", "Next doubtful note", { key: "N", onclick: () => this.next() }); }

  /** Groups of tools that change the score; none for a piece of somebody else. */
  tools() {
    if (!this.source.editable) return [];
    return [
      [iconButton("note", "Change notes and beat", { onclick: () => this.changeMenu() })],
      [iconButton("undo", "Undo", { key: "Control+Z", onclick: () => this.undo() }),
        iconButton("redo", "Redo", { key: "Control+Shift+Z", onclick: () => this.redo() }),
        iconButton("history", "Versions", { onclick: () => this.versions() })],
    ];
  }

  /** What a key does here; nothing where it is not ours. */
  action(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const control = event.ctrlKey || event.metaKey;
    if (key === "n" && !control && !event.altKey) return () => (event.shiftKey ? this.next(-1) : this.next());
    if (key === "Enter" && this.item) return () => this.looksRight();
    if (!this.editable) return null;
    if (control && key === "z") return () => (event.shiftKey ? this.redo() : this.undo());
    if (control && key === "y") return () => this.redo();
    if (event.altKey && key === "ArrowRight") return () => this.move(1);
    if (event.altKey && key === "ArrowLeft") return () => this.move(-1);
    if (control || event.altKey) return null;
    if (this.picking) {
      const picked = PALETTE.find(([letter]) => letter === key);
      if (picked) return () => this.pick(picked[1]);
    }
    const keys = {
      1: () => this.alternative(0), 2: () => this.alternative(1), Delete: () => this.remove(), Backspace: () => this.remove(),
      g: () => this.mark("ghost"), v: () => this.mark("accent"), k: () => this.mark("choke"), f: () => this.flam(), a: () => this.pickFor("add"),
      i: () => this.pickFor("instrument"), h: () => this.beat("half_tempo"), d: () => this.beat("double_tempo"),
      b: () => this.beat("shift_bar_one", { beats: event.shiftKey ? -1 : 1 }), m: () => this.meter(),
    };
    return keys[key];
  }

  // ---- Doubt

  get item() { return this.items[this.at] ?? null; }

  next(direction = 1) {
    const { desk } = this;
    if (this.items.length === 0) {
      this.leave();
      announce("No doubtful note is left.");
      toast("Nothing doubtful is left. It looks right.");
      return;
    }
    const start = this.at < 0 && direction < 0 ? 0 : this.at;
    this.at = (start + direction + this.items.length) % this.items.length;
    const note = desk.piece.notes.get(this.item.element);
    this.before ??= { rate: desk.player.rate, bars: desk.player.bars };
    desk.choose([note.id]);
    desk.player.spot = { from: Math.max(0, note.time - AROUND_S), to: Math.min(desk.piece.duration, note.time + AROUND_S) };
    if (desk.player.rate > SLOW) desk.player.setRate(SLOW);
    desk.player.seek(desk.player.spot.from);
    desk.attempt(() => (desk.player.running ? null : desk.player.play()));
    this.card();
    desk.showChosen();
    announce(`Doubtful, ${this.at + 1} of ${this.items.length}. ${desk.piece.words(note)}`);
  }

  card() {
    const { desk, item } = this;
    const note = desk.piece.notes.get(item.element);
    const choice = (key, label, small, onclick) => h("button.choice", { type: "button", onclick }, h("kbd", {}, key), label,
      small ? h("small", {}, small) : null);
    const sure = item.confidence ?? note.confidence;
    const shown = item.alternatives.slice(0, 2);
    const others = this.editable ? shown.map((other, index) => choice(String(index + 1), desk.piece.nameOf(other.instrument),
      percent(other.confidence), () => this.alternative(index))) : [];
    const perhaps = this.editable || shown.length === 0 ? ""
      : ` Or perhaps: ${shown.map((other) => `${desk.piece.nameOf(other.instrument).toLowerCase()} (${percent(other.confidence)})`).join(", ")}.`;
    fill(desk.pencil, h("section.doubt-card", { "aria-label": "Doubtful note" },
      h("h3", {}, sentence(desk.piece.words(note))),
      h("p.small.soft", {}, `${sure === null ? "" : `${percent(sure)} sure. `}${this.at + 1} of ${this.items.length}, looped slowly.${perhaps}`),
      h("div.choices", {}, others, choice("\u21b5", "Looks right", null, () => this.looksRight()),
        this.editable ? choice("Del", "No stroke here", null, () => this.remove()) : null,
        choice("N", "Next", null, () => this.next())),
      this.editable ? null : h("p.small", {}, h("a", { href: "#/register" }, "Make an account"), " to correct scores of your own."),
      iconButton("close", "Leave doubts", { key: "Escape", onclick: () => this.leave() })));
  }

  looksRight() {
    if (!this.item) return;
    this.settle(this.item);
    this.desk.showFacts();
    this.desk.showWave();
    this.onward();
  }

  /** Takes an item off the list, for good. */
  settle(item) {
    const { prefs } = this.desk;
    prefs.right = [...(prefs.right ?? []), this.nameOf(item)];
    prefs.save();
    this.items = this.items.filter((other) => other !== item);
    this.at -= 1;
  }

  onward() {
    if (this.items.length > 0) this.next();
    else {
      this.leave();
      toast("All doubtful places seen.");
      announce("All doubtful places seen.");
    }
  }

  alternative(index) {
    const { item } = this;
    const other = item?.alternatives[index];
    if (!other) return;
    const words = `${this.desk.piece.nameOf(other.instrument)} instead`;
    this.settle(item);
    this.change([{ op: "instrument", element: item.element, instrument: other.instrument }], words)
      .then((done) => done && this.onward());
  }

  leave() {
    const { player } = this.desk;
    this.picking = null;
    this.at = -1;
    if (this.before) {
      player.spot = null;
      player.pause();
      player.setRate(this.before.rate);
      this.before = null;
    }
    fill(this.desk.pencil);
    this.desk.choose([]);
  }

  /** Another note was chosen: says what can be done with it. */
  chose() {
    const note = this.desk.chosen;
    if (this.item && note?.id === this.item.element) return;
    if (this.picking === "add") return;
    this.picking = null;
    if (!note) {
      if (!this.item) fill(this.desk.pencil);
      return;
    }
    this.notePanel(note);
  }

  // ---- Notes

  notePanel(note) {
    const { desk } = this;
    const words = h("p", {}, sentence(desk.piece.words(note)));
    if (!this.editable) {
      fill(desk.pencil, h("section.pencil", { "aria-label": "Chosen note" }, words));
      return;
    }
    const button = (key, label, onclick, on) => h("button.choice", { type: "button", onclick, "aria-pressed": on }, h("kbd", {}, key), label);
    fill(desk.pencil, h("section.pencil", { "aria-label": "Chosen note" }, words, h("div.choices", {},
      button("I", "Instrument", () => this.pickFor("instrument")),
      button("G", "Ghost", () => this.mark("ghost"), String(note.ghost)),
      button("V", "Accent", () => this.mark("accent"), String(note.accent)),
      button("F", "Flam", () => this.flam(), String(note.graces === "flam")),
      desk.piece.canChoke(note) ? button("K", "Choke", () => this.mark("choke"), String(note.choke)) : null,
      button("Alt \u2190", "Earlier", () => this.move(-1)), button("Alt \u2192", "Later", () => this.move(1)),
      button("A", "Add beside", () => this.pickFor("add")),
      desk.piece.strokes[note.stroke].notes.length > 1 ? button("\u2193", "Other note", () => desk.stepInChord(1)) : null,
      button("Del", "Remove", () => this.remove()))));
  }

  /** Sends a change, then shows the new score; one after the other. True when it was taken. */
  change(edits, words, { keep = null } = {}) {
    const act = async () => {
      try {
        const notation = await this.source.edit(edits);
        await this.took(notation, keep ?? this.desk.chosen?.id);
        announce(words);
        return true;
      } catch (error) {
        if (error.code === "revision_conflict") await this.reload();
        refused(error);
        return false;
      }
    };
    this.line = this.line.then(act, act);
    return this.line;
  }

  async took(notation, chosen) {
    const { desk } = this;
    desk.opened = this.source.read(notation);
    await desk.refresh();
    await this.look();
    desk.showFacts();
    desk.showWave();
    desk.score.select(chosen && desk.piece.notes.has(chosen) ? [chosen] : []);
    if (!this.item) this.chose();
  }

  async reload() { await this.took(await this.source.current(), null); }

  mark(what) {
    const note = this.desk.chosen;
    if (!note) return this.nothing();
    const on = !note[what];
    return this.change([{ op: what, element: what === "accent" ? note.event : note.id, on }], `${what} ${on ? "on" : "off"}`);
  }

  flam() {
    const note = this.desk.chosen;
    if (!note) return this.nothing();
    const on = note.graces !== "flam";
    return this.change([{ op: "graces", element: note.event, kind: on ? "flam" : null }], `flam ${on ? "on" : "off"}`);
  }

  remove() {
    const note = this.desk.chosen;
    if (!note) return this.nothing();
    const { item } = this;
    if (item) this.settle(item);
    return this.change([{ op: "remove", element: note.id }], "Removed").then((done) => done && item && this.onward());
  }

  move(steps) {
    const note = this.desk.chosen;
    if (!note) return this.nothing();
    const { piece } = this.desk;
    let { measure } = note;
    let offset = note.offset + steps * piece.stepAt(measure, note.offset, note.id);
    if (offset < 0 && measure > 0) {
      measure -= 1;
      offset += piece.barTicks(measure);
    } else if (offset >= piece.barTicks(measure) && measure + 1 < piece.measures.length) {
      offset -= piece.barTicks(measure);
      measure += 1;
    }
    return this.change([{ op: "move", element: note.id, measure: this.measureName(measure), offset_ticks: Math.max(0, offset) }],
      steps > 0 ? "Later" : "Earlier");
  }

  /** A measure as edits name it. */
  measureName(index) { return this.desk.piece.measures[index].id; }

  pickFor(what) {
    if (what === "instrument" && !this.desk.chosen) return this.nothing();
    this.picking = what;
    this.desk.player.pause();
    const { piece } = this.desk;
    const place = what === "add" ? this.place() : null;
    const heading = what === "add" ? `Add a stroke in bar ${piece.measures[place.measure].number}` : "Which instrument was it?";
    const letters = PALETTE.map(([letter, id]) => h("button.choice", { type: "button", onclick: () => this.pick(id) },
      h("kbd", {}, letter.toUpperCase()), piece.nameOf(id)));
    const rest = [...piece.instruments.values()].filter((one) => !PALETTE.some(([, id]) => id === one.id));
    const others = h("select", { "aria-label": "Other instruments" }, h("option", { value: "" }, "Other instruments"),
      rest.map((one) => h("option", { value: one.id }, one.name)));
    others.addEventListener("change", () => others.value && this.pick(others.value));
    fill(this.desk.pencil, h("section.pencil", { "aria-label": heading }, h("p", {}, heading), h("div.palette", {}, letters),
      h("div.choices.spread", {}, others,
        h("button.choice", { type: "button", onclick: () => { this.picking = null; this.leave(); } }, h("kbd", {}, "Esc"), "Leave"))));
    announce(`${heading} Press a letter.`);
    return undefined;
  }

  /** Where a stroke would be added: beside the chosen note, otherwise at the place nearest to the cursor. */
  place() {
    const { piece, player, chosen } = this.desk;
    if (chosen) return { measure: chosen.measure, offset_ticks: chosen.offset };
    const measure = piece.measureAt(player.time);
    const { from_s: from, to_s: to } = piece.measures[measure];
    const length = piece.barTicks(measure);
    const part = Math.min(1, Math.max(0, (player.time - from) / (to - from)));
    const step = piece.stepAt(measure, part * length);
    const offset = Math.min(length - step, Math.round((part * length) / step) * step);
    return { measure, offset_ticks: offset };
  }

  pick(instrument) {
    const what = this.picking;
    this.picking = null;
    const name = this.desk.piece.nameOf(instrument);
    if (what === "instrument") {
      return this.change([{ op: "instrument", element: this.desk.chosen.id, instrument }], name);
    }
    const { measure, offset_ticks } = this.place();
    return this.change([{ op: "add", measure: this.measureName(measure), offset_ticks, instrument, velocity: 0.7 }], `${name} added`);
  }

  nothing() {
    announce("Choose a note first, with the arrow keys or a click.");
    toast("Choose a note first: click it, or press the arrow keys.");
    return Promise.resolve(false);
  }

  undo() { return this.back("undo", "Undone"); }
  redo() { return this.back("redo", "Done again"); }

  back(what, words) {
    const act = async () => {
      try {
        await this.took(await this.source[what](), this.desk.chosen?.id);
        announce(words);
      } catch (error) {
        toast([error.message, error.hint].filter(Boolean).join(" "));
      }
    };
    this.line = this.line.then(act, act);
    return this.line;
  }

  // ---- Beat, with a preview

  beat(op, values = {}) {
    const words = {
      half_tempo: "Half the tempo", double_tempo: "Double the tempo",
      shift_bar_one: values.beats < 0 ? "Bar one a beat earlier" : "Bar one a beat later",
    };
    return this.preview(words[op], [{ op, ...values }]);
  }

  async preview(title, edits, { from = 0 } = {}) {
    const { desk } = this;
    desk.player.pause();
    try {
      const after = (await this.source.edit(edits, { preview: true })).notation_json;
      const before = desk.piece.score;
      const pieceOf = (instrument) => desk.piece.pieceOf(instrument);
      // A narrow window has its bars one below the other.
      const narrow = innerWidth < 600;
      const grid = (score, label) => (narrow
        ? [0, 1].map((bar) => gridView(score, { from: from + bar, count: 1, pieceOf, label }))
        : gridView(score, { from, count: 3, pieceOf, label }));
      const box = dialog(title, h("div.compare", {},
        h("p", {}, h("strong", {}, "Now: "), summaryOf(before)), grid(before, "The score as it is"),
        h("p", {}, h("strong", {}, "Then: "), summaryOf(after)), grid(after, "The score as it would be"),
        h("div.actions", {}, h("button.button", { type: "button", autofocus: true, onclick: () => { box.close(); this.change(edits, title); } }, "Rewrite"),
          h("button.button.quiet", { type: "button", onclick: () => box.close() }, "Leave it"))), { wide: true });
    } catch (error) {
      refused(error);
    }
  }

  meter() {
    const { piece, player, chosen } = this.desk;
    const measure = chosen?.measure ?? piece.measureAt(player.time);
    const current = piece.score.measures[measure].meter;
    const choice = h("select", {}, METERS.map((meter) => h("option", { value: meter, selected: meter === current }, meter)));
    const keep = h("input", { type: "checkbox", checked: true });
    const box = dialog(`Meter from bar ${piece.measures[measure].number} on`, h("form.stack", {
      onsubmit: (event) => {
        event.preventDefault();
        box.close();
        const meter = choice.value;
        this.preview(`${meter} from bar ${piece.measures[measure].number}`,
          [{ op: "meter", measure: this.measureName(measure), meter, keep_beat: keep.checked }], { from: measure });
      },
    },
    h("label.field", {}, h("span", {}, "Meter"), choice),
    h("label.check-line", {}, keep, "Keep the beat: its length in seconds stays"),
    h("div.actions", {}, h("button.button", {}, "Show what it does"))));
  }

  changeMenu() {
    const { desk } = this;
    const row = (key, label, act) => h("button.choice", { type: "button", onclick: () => { box.close(); act(); } }, h("kbd", {}, key), label);
    const part = (heading, words, ...rows) => h("section.sheet-part", {}, h("h3", {}, heading), words ? h("p.soft.small", {}, words) : null,
      h("div.palette", {}, rows));
    const box = dialog("Change notes and beat", h("div.sheet-parts", {},
      part("Beat", "The whole score is written anew; what would come of it is shown first.",
        row("H", "Half the tempo", () => this.beat("half_tempo")), row("D", "Double the tempo", () => this.beat("double_tempo")),
        row("B", "Bar one a beat later", () => this.beat("shift_bar_one", { beats: 1 })),
        row("\u21e7B", "Bar one a beat earlier", () => this.beat("shift_bar_one", { beats: -1 })),
        row("M", "Meter from here", () => this.meter())),
      part("Notes", desk.chosen ? null : "Choose a note in the score first, or add one where the cursor stands.",
        row("A", "Add a stroke here", () => this.pickFor("add")), row("I", "Change instrument", () => this.pickFor("instrument")),
        row("Del", "Remove the note", () => this.remove()), row("G", "Ghost note", () => this.mark("ghost")),
        row("V", "Accent", () => this.mark("accent")), row("F", "Flam", () => this.flam()),
        row("N", "Next doubtful note", () => this.next()))), { wide: true });
    desk.player.pause();
  }

  // ---- Versions

  async versions() {
    const { desk, source } = this;
    desk.player.pause();
    let revisions;
    try {
      revisions = await source.revisions();
    } catch (error) {
      dialog("Versions", problemBlock(error));
      return;
    }
    const nameOf = (one) => one.name ?? (one.revision === 1 ? "What the machine heard" : one.summary || `Version ${one.revision}`);
    const row = (one) => {
      const line = h("strong", {}, nameOf(one));
      const actions = one.current ? [icon("check")] : [
        h("button.button.quiet.compact", { type: "button", onclick: () => { box.close(); this.compare(one); } }, "Compare"),
        h("button.button.quiet.compact", { type: "button", onclick: () => { box.close(); this.revert(one); } }, "Go back")];
      return h("li", {}, h("div", {}, line, h("div.small.soft", {}, `${day(one.created_at)}${one.current ? ", shown now" : ""}`)),
        h("div.desk-tools", {}, iconButton("edit", `Name: ${nameOf(one)}`, { onclick: () => this.rename(one, line, nameOf) }), actions));
    };
    const box = dialog("Versions", h("ul.versions", {}, [...revisions].sort((a, b) => b.revision - a.revision).map(row)), { wide: true });
  }

  /** Puts a field where the name stands. */
  rename(one, line, nameOf) {
    const field = h("input", { type: "text", value: one.name ?? "", maxlength: "200", "aria-label": "Name of the version" });
    const keep = () => this.desk.attempt(async () => {
      one.name = (await this.source.nameRevision(one.revision, field.value.trim() || null)).name;
      fill(line, nameOf(one));
    });
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); field.blur(); } });
    field.addEventListener("blur", keep, { once: true });
    fill(line, field);
    field.focus();
  }

  revert({ revision }) {
    const act = async () => {
      await this.took(await this.source.revert(revision), null);
      toast(revision === 1 ? "Back to what the machine heard." : `Back to version ${revision}.`,
        { action: ["Undo", () => this.undo()] });
    };
    return this.desk.attempt(act);
  }

  async compare({ revision }) {
    const { desk } = this;
    await desk.attempt(async () => {
      const before = (await this.source.atRevision(revision)).notation_json;
      const after = desk.piece.score;
      const changed = changedMeasures(before, after);
      const pieceOf = (instrument) => desk.piece.pieceOf(instrument);
      const bars = changed.slice(0, 24).map((index) => gridView(after, {
        from: index, count: 1, before, pieceOf, label: `Bar ${index + 1}: what changed`,
      }));
      dialog(revision === 1 ? "Compared with what the machine heard" : `Compared with version ${revision}`, h("div.compare", {},
        h("p", {}, changed.length === 0 ? "Both have the same notes." :
          `${changed.length} of ${after.measures.length} bars differ. Filled: new. Hollow: gone.`), bars), { wide: true });
    });
  }

  remarks(remarks) {
    dialog("About the recording and the beat", h("ul", {}, remarks.map((remark) => h("li", {}, remark.text))));
  }
}

/** Says why a change was not made. What the server advises then is for programs. */
function refused(error) {
  const hint = error.code === "edit_refused" ? "Nothing was changed." : error.hint;
  toast([error.message.replace(/^Edit \d+: /, ""), hint].filter(Boolean).join(" "), { kind: "bad", seconds: 10 });
}

const percent = (part) => `${Math.round(part * 100)} %`;
const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);
