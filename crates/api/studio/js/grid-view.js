// A few bars as a grid, one row per piece of the kit: small enough to compare two readings at a glance.

import { svg } from "./dom.js";
import { beatTicks } from "./piece.js";
import { LANES } from "./wave-view.js";

const ROW = 13;
const LEFT = 52;
const BAR = 190;

/** The strokes of a measure as texts that can be compared: place, instrument, how. */
export function strokesOf(measure) {
  const strokes = new Map();
  for (const voice of measure.voices) {
    for (const { offset, chord } of voice.events) {
      for (const note of chord?.notes ?? []) {
        const how = `${note.ghost ? "g" : ""}${chord.accent ? "a" : ""}${note.choke ? "k" : ""} ${chord.graces?.kind ?? ""}`;
        strokes.set(`${offset}|${note.instrument}|${how}`, { offset, instrument: note.instrument, velocity: note.velocity });
      }
    }
  }
  return strokes;
}

/** Pairs of measures that differ between two scores, by index. */
export function changedMeasures(before, after) {
  const length = Math.max(before.measures.length, after.measures.length);
  const changed = [];
  for (let index = 0; index < length; index += 1) {
    const [a, b] = [before.measures[index], after.measures[index]];
    const [old, now] = [a ? strokesOf(a) : new Map(), b ? strokesOf(b) : new Map()];
    const same = a?.meter === b?.meter && old.size === now.size && [...old.keys()].every((key) => now.has(key));
    if (!same) changed.push(index);
  }
  return changed;
}

/** Draws measures `from` to `from + count`; with `before`, what is gone and what is new. */
export function gridView(score, { from = 0, count = 4, before = null, pieceOf, label }) {
  const measures = score.measures.slice(from, from + count);
  const olds = before ? before.measures.slice(from, from + count) : [];
  const used = new Set();
  for (const measure of [...measures, ...olds]) for (const { instrument } of strokesOf(measure).values()) used.add(pieceOf(instrument));
  const lanes = LANES.filter(([id]) => used.has(id));
  const rows = new Map(lanes.map(([id], index) => [id, 18 + index * ROW]));
  const bars = Math.max(measures.length, olds.length, 1);
  const height = 26 + Math.max(1, lanes.length) * ROW;
  const drawing = svg("svg", { class: bars === 1 ? "grid-view single" : "grid-view", viewBox: `0 0 ${LEFT + bars * BAR + 6} ${height}`, role: "img", "aria-label": label });
  for (const [id, name] of lanes) drawing.append(text(4, rows.get(id) + 3, name));
  for (let index = 0; index < bars; index += 1) {
    const left = LEFT + index * BAR;
    const measure = measures[index] ?? olds[index];
    drawing.append(text(left + 3, 9, `${measure.number} · ${measure.meter}`), line(left, height, "bar-line"));
    const ticks = lengthOf(measure);
    for (let beat = beatTicks(measure.meter); beat < ticks; beat += beatTicks(measure.meter)) {
      drawing.append(line(left + (beat / ticks) * BAR, height, "beat-line"));
    }
    const now = measures[index] ? strokesOf(measures[index]) : new Map();
    const old = olds[index] ? strokesOf(olds[index]) : new Map();
    const put = (stroke, kind) => {
      const x = left + 5 + (stroke.offset / ticks) * (BAR - 6);
      drawing.append(svg("circle", { class: `hit ${kind}`, cx: x, cy: rows.get(pieceOf(stroke.instrument)), r: 1.8 + 2.4 * stroke.velocity }));
    };
    for (const [key, stroke] of now) put(stroke, before && !old.has(key) ? "new" : "");
    for (const [key, stroke] of old) if (!now.has(key)) put(stroke, "gone");
  }
  drawing.append(line(LEFT + bars * BAR, height, "bar-line"));
  return drawing;
}

function lengthOf({ meter }) {
  const [numerator, denominator] = meter.split("/").map(Number);
  return (numerator * 40_320) / denominator;
}

function text(x, y, words) {
  const element = svg("text", { x, y });
  element.textContent = words;
  return element;
}

const line = (x, height, kind) => svg("line", { class: kind, x1: x, x2: x, y1: 12, y2: height - 4 });
