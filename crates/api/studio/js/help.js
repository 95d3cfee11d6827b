// Every key on one sheet.

import { dialog, h } from "./dom.js";

const LISTEN = [
  [["Space"], "Play, pause"], [["\u2190", "\u2192"], "Stroke before, next stroke"], [["\u21e7 \u2190", "\u21e7 \u2192"], "Bar before, next bar"],
  [["\u2191", "\u2193"], "Another note of the same stroke"], [["L"], "Loop this bar; drag over bars for more"], [["[", "]"], "Loop from here, to here"],
  [[",", "."], "Slower, faster; pitch stays"], [["U"], "A little faster each round"], [["R"], "Count-in"], [["C"], "Click on the beats"],
  [["X"], "Recording, both, drums"], [["Y"], "Recording left, drums right"], [["+", "-"], "Larger, smaller notes"],
  [["E"], "Export and share"], [["P"], "Print"], [["T"], "Light, dark"], [["N", "\u21e7 N"], "Next, previous doubtful note"], [["\u21b5"], "Looks right"],
  [["Esc"], "Leave"], [["?"], "This sheet"],
];
const CORRECT = [
  [["1", "2"], "Take an alternative"], [["A"], "Add a stroke"], [["I"], "Change the instrument"], [["Del"], "Remove"], [["G"], "Ghost note"],
  [["V"], "Accent"], [["K"], "Choke"], [["Alt \u2190", "Alt \u2192"], "A sixteenth earlier, later"], [["H", "D"], "Half, double tempo"],
  [["B", "\u21e7 B"], "Bar one a beat later, earlier"], [["M"], "Meter from here"], [["Ctrl Z"], "Undo"], [["Ctrl \u21e7 Z"], "Redo"],
];

const list = (keys) => h("dl.keys", {}, keys.map(([names, what]) => [
  h("dt", {}, names.map((name) => h("kbd", {}, name))), h("dd", {}, what)]));

export function helpDialog(editable) {
  dialog("Keys", [h("h3", {}, "Listen and practise"), list(LISTEN), editable ? [h("h3", {}, "Correct"), list(CORRECT)] : null]);
}
