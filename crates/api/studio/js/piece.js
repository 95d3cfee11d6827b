// A piece in memory: what is written, what was played, and where each of it is on the page and in time.
//
// Times are seconds of the recording, places are ticks (10 080 to the quarter). A note is named as in the SVG: "n77".

export const QUARTER = 10_080;
const SIXTEENTH = QUARTER / 4;
/** The listener is not sure of a note below this. */
export const DOUBTFUL_BELOW = 0.5;
/** Strokes closer than this are one to the eye and to the arrow keys. */
const TOGETHER_S = 0.02;

/** Length of the beat people count: a quarter, in compound meters three eighths, otherwise what the meter is written in. */
export function beatTicks(meter) {
  const [numerator, denominator] = meter.split("/").map(Number);
  const written = (4 * QUARTER) / denominator;
  return denominator === 8 && numerator % 3 === 0 && numerator > 3 ? 3 * written : written;
}

const PARTS = [[0, ""], [0.25, " e"], [1 / 3, ", second triplet"], [0.5, " and"], [2 / 3, ", third triplet"], [0.75, " a"]];

/** "beat 2 and". */
export function beatWords(offset, meter) {
  const beats = offset / beatTicks(meter);
  const whole = Math.floor(beats + 1e-6);
  const rest = beats - whole;
  const part = PARTS.find(([at]) => Math.abs(rest - at) < 0.01);
  return `beat ${whole + 1}${part ? part[1] : ` plus ${Math.round(rest * 100)} hundredths`}`;
}

export class Piece {
  constructor({ score, performance, timemap, instruments }) {
    this.score = score;
    this.performance = performance;
    this.instruments = new Map(instruments.map((one) => [one.id, one]));
    this.duration = performance.duration_s;
    this.beats = performance.beats;
    this.notes = new Map();
    this.place(timemap);
    this.read();
    this.strokes = this.together();
  }

  /** Takes over a new engraving of the same score. */
  place(timemap) {
    this.timemap = timemap;
    this.measures = timemap.measures;
    this.measureIndex = new Map(timemap.measures.map((measure, index) => [measure.id, index]));
    this.stops = timemap.stops;
  }

  read() {
    const hits = this.performance.hits;
    const written = new Map(this.measures.flatMap((measure) => measure.events.map((event) => [event.id, event.from_s])));
    this.score.measures.forEach((measure, index) => {
      for (const voice of measure.voices) {
        for (const event of voice.events) {
          if (!event.chord) continue;
          const at = written.get(`n${event.id}`) ?? 0;
          for (const note of event.chord.notes) this.add(note, event, measure, index, at, hits);
        }
      }
    });
  }

  add(note, event, measure, index, at, hits) {
    const heard = (note.hits ?? []).map((hit) => hits[hit]).filter(Boolean);
    const entry = {
      id: `n${note.id}`,
      event: `n${event.id}`,
      instrument: note.instrument,
      velocity: note.velocity,
      ghost: note.ghost ?? false,
      choke: note.choke ?? false,
      accent: event.chord.accent ?? false,
      graces: event.chord.graces?.kind ?? null,
      time: heard.length > 0 ? Math.min(...heard.map((hit) => hit.time_s)) : at,
      written: at,
      alternatives: heard.length === 1 ? heard[0].alternatives ?? [] : [],
      confidence: heard.length > 0 ? Math.min(...heard.map((hit) => hit.confidence)) : null,
      measure: index,
      number: measure.number,
      meter: measure.meter,
      offset: event.offset,
    };
    this.notes.set(entry.id, entry);
  }

  /** Notes that sound at one time, in order of time. */
  together() {
    const strokes = [];
    for (const note of [...this.notes.values()].sort((a, b) => a.time - b.time || a.offset - b.offset)) {
      const last = strokes.at(-1);
      if (last && note.time - last.time < TOGETHER_S) last.notes.push(note);
      else strokes.push({ time: note.time, notes: [note] });
    }
    strokes.forEach((stroke, index) => stroke.notes.forEach((note) => { note.stroke = index; }));
    return strokes;
  }

  /** Index of the last stroke at or before a time; -1 before the first. */
  strokeAt(time) {
    let low = 0;
    let high = this.strokes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.strokes[middle].time <= time + 0.004) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Index of the measure that sounds at a time; players land a little before the place they are sent to. */
  measureAt(time) {
    const index = this.measures.findIndex((measure) => time + 0.004 < measure.to_s);
    return index < 0 ? this.measures.length - 1 : index;
  }

  /** Where the cursor stands at a time: a system and a place in it, in millimetres. */
  cursorAt(time) {
    const stops = this.stops;
    if (stops.length === 0) return null;
    let low = 0;
    let high = stops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stops[middle].time_s <= time) low = middle + 1;
      else high = middle;
    }
    const index = Math.max(0, low - 1);
    const stop = stops[index];
    const next = stops[index + 1];
    const system = this.timemap.systems[stop.system];
    const staysInLine = next && next.system === stop.system && next.x_mm >= stop.x_mm;
    const toX = staysInLine ? next.x_mm : this.barEnd(system, stop.x_mm);
    const toTime = next ? next.time_s : this.duration;
    const part = toTime > stop.time_s ? (time - stop.time_s) / (toTime - stop.time_s) : 0;
    return { system: stop.system, x: stop.x_mm + (toX - stop.x_mm) * Math.min(1, Math.max(0, part)) };
  }

  barEnd(system, x) {
    const bar = system.measures.find((one) => x <= one.right_mm) ?? system.measures.at(-1);
    return bar ? bar.right_mm : system.right_mm;
  }

  /** Ids of the notes the listener was not sure of, most doubtful first. */
  doubtful() {
    const doubted = [...this.notes.values()].filter((note) => note.confidence !== null && note.confidence < DOUBTFUL_BELOW);
    return doubted.sort((a, b) => a.confidence - b.confidence).map((note) => ({ element: note.id, alternatives: note.alternatives }));
  }

  /** Length of a bar. */
  barTicks(measure) {
    const [numerator, denominator] = this.score.measures[measure].meter.split("/").map(Number);
    return (numerator * 4 * QUARTER) / denominator;
  }

  /** How finely the beat at a place is divided, in ticks: sixteenths, unless the other notes in it are triplets. */
  stepAt(measure, offset, except = null) {
    const beat = beatTicks(this.score.measures[measure].meter);
    const from = Math.floor(offset / beat) * beat;
    const others = [...this.notes.values()].filter((note) =>
      note.measure === measure && note.id !== except && note.offset >= from && note.offset < from + beat).map((note) => note.offset - from);
    const fits = (step) => others.every((other) => other % step === 0);
    const steps = [SIXTEENTH, beat / 3, beat / 6].filter(Number.isInteger);
    return steps.find(fits) ?? SIXTEENTH;
  }

  nameOf(instrument) { return this.instruments.get(instrument)?.name ?? instrument; }
  pieceOf(instrument) { return this.instruments.get(instrument)?.piece ?? "percussion"; }

  /** Only what rings can be stopped by hand. */
  canChoke({ instrument }) { return ["cymbal", "ride"].includes(this.pieceOf(instrument)); }

  /** "bar 5, beat 2: snare drum, accent". */
  words(note) {
    const marks = [note.ghost && "ghost note", note.accent && "accent", note.choke && "choked", note.graces]
      .filter(Boolean);
    return [`bar ${note.number}, ${beatWords(note.offset, note.meter)}: ${this.nameOf(note.instrument).toLowerCase()}`,
      ...marks].join(", ");
  }

  strokeWords(stroke) {
    const [first, ...rest] = stroke.notes;
    const others = rest.map((note) => this.words(note).split(": ")[1]);
    return [this.words(first), ...others].join(", and ");
  }

  /** Beats a minute around a time, from the beats that were heard. */
  tempoAt(time) {
    const index = Math.max(1, this.beats.findIndex((beat) => beat.time_s > time));
    const [before, after] = [this.beats[index - 1], this.beats[index]];
    return before && after ? 60 / (after.time_s - before.time_s) : 120;
  }

  /** "104 BPM, 4/4, 12 bars". */
  summary() { return summaryOf(this.score); }
}

/** The tempo in force at a measure, as a tab says it: "dotted quarter = 80". */
export function measureTempo(score, index) {
  const mark = score.measures.slice(0, index + 1).findLast((measure) => measure.tempo)?.tempo;
  return mark ? `${"dotted ".repeat(mark.beat.dots ?? 0)}${mark.beat.base} = ${Math.round(mark.bpm * 10) / 10}` : null;
}

const VALUES = { whole: 4, half: 2, quarter: 1, eighth: 0.5, sixteenth: 0.25 };

/** What stands above a score, in one line. */
export function summaryOf(score) {
  const first = score.measures[0];
  const mark = score.measures.find((measure) => measure.tempo)?.tempo;
  const bars = score.measures.length;
  const dotted = mark?.beat?.dots ? "dotted " : "";
  const unit = mark && VALUES[mark.beat.base] !== 1 ? ` (${dotted}${mark.beat.base})` : dotted ? ` (${dotted}quarter)` : "";
  return [mark ? `${Math.round(mark.bpm)} BPM${unit}` : null, first?.meter, `${bars} ${bars === 1 ? "bar" : "bars"}`]
    .filter(Boolean).join(" · ");
}
