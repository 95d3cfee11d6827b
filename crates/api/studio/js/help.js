// Every key on one sheet.

import { dialog, h } from "./dom.js";

const LISTEN = [
  [["Space"], "Play, pause"], [["\u2190", "\u2192"], "Stroke before, next stroke"], [["\u21e7 \u2190", "\u21e7 \u2192"], "Bar before, next bar"],
  [["\u2191", "\u2193"], "Another note of the same stroke"], [["Home"], "To the beginning"], [["X"], "Recording, both, drums"],
  [["Y"], "Recording left, drums right"],
];
const PRACTISE = [
  [["L"], "Loop this bar; drag over bars for more"], [["[", "]"], "Loop from here, to here"], [[",", "."], "Slower, faster; pitch stays"],
  [["U"], "A little faster each round"], [["R"], "Count-in"], [["C"], "Click on the beats"],
];
const PAGE = [
  [["+", "-"], "Larger, smaller notes"], [["E"], "Export and share"], [["P"], "Print"], [["T"], "Light, dark"], [["Esc"], "Leave"], [["?"], "This sheet"],
];
const DOUBTS = [[["N", "\u21e7 N"], "Next, previous doubtful note"], [["\u21b5"], "Looks right"]];
const CORRECT = [
  ...DOUBTS, [["1", "2"], "Take an alternative"], [["A"], "Add a stroke"], [["I"], "Change the instrument"], [["Del"], "Remove"], [["G"], "Ghost note"],
  [["V"], "Accent"], [["F"], "Flam"], [["K"], "Choke"], [["Alt \u2190", "Alt \u2192"], "A place earlier, later"], [["H", "D"], "Half, double tempo"],
  [["B", "\u21e7 B"], "Bar one a beat later, earlier"], [["M"], "Meter from here"], [["Ctrl Z"], "Undo"], [["Ctrl \u21e7 Z"], "Redo"],
];

const list = (keys) => h("dl.keys", {}, keys.map(([names, what]) => [
  h("dt", {}, names.map((name) => h("kbd", {}, name))), h("dd", {}, what)]));

export function helpDialog(editable) {
  const part = (title, keys) => h("section", {}, h("h3", {}, title), list(keys));
  dialog("Keys", h("div.key-parts", {}, part("Listen", LISTEN), part("Practise", PRACTISE), part("The page", PAGE),
    editable ? part("Correct", CORRECT) : part("Doubts", DOUBTS)), { wide: true });
}
