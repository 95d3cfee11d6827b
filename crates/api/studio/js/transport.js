// The line of controls below a desk: play, where we are, speed, loop, count-in, click, drums beside the recording.

import { fill, h, icon, iconButton, toolButton } from "./dom.js";
import { clock } from "./words.js";

const percent = (value) => `${Math.round(value * 100)} %`;

/** What the ladder may add each round, beats a minute. */
const LADDER_STEPS = [1, 2, 3, 5, 10];

/** Builds the controls of a desk; gives the element and how to bring it up to date. */
export function transport(desk) {
  const { player } = desk;
  const play = h("button.play-button", { type: "button", "aria-keyshortcuts": "Space" });
  play.addEventListener("click", () => desk.attempt(() => player.toggle()));

  const bar = h("b.numbers", {}, "Bar 1");
  const time = h("span.numbers", {}, "0:00");
  const speed = h("input", { type: "range", min: "0.25", max: "1.5", step: "0.05", "aria-label": "Speed" });
  const speedShown = h("output.numbers", {});
  speed.addEventListener("input", () => player.setRate(Number(speed.value)));
  const mix = h("input", { type: "range", min: "0", max: "1", step: "0.05", "aria-label": "Recording or drums" });
  mix.addEventListener("input", () => desk.attempt(() => player.setMix(Number(mix.value))));

  const pressed = (name, label, word, key, onclick) => toolButton(name, label, word, { key, onclick, "aria-pressed": "false" });
  const buttons = {
    loop: pressed("loop", "Loop this bar", "Loop", "L", () => desk.toggleLoop()),
    countIn: pressed("count", "Count-in", "Count-in", "R", () => toggle("countIn")),
    click: pressed("click", "Click on the beats", "Click", "C", () => toggle("click")),
    ladder: pressed("speed", "Ladder: a little faster each round", "Ladder", "U", () => toggleLadder()),
    split: pressed("split", "L | R: recording left, drums right", "L | R", "Y",
      () => desk.attempt(() => player.setMix(player.mix || 0.5, !player.split))),
  };
  const loopFrom = h("select", { "aria-label": "First bar of the loop" });
  const loopTo = h("select", { "aria-label": "Last bar of the loop" });
  const chooseLoop = () => {
    const [from, to] = [Number(loopFrom.value), Number(loopTo.value)];
    desk.setLoop({ from: Math.min(from, to), to: Math.max(from, to) });
  };
  loopFrom.addEventListener("change", chooseLoop);
  loopTo.addEventListener("change", chooseLoop);
  const loopBars = h("span.loop-bars", { hidden: true }, loopFrom, h("span.soft", {}, "to"), loopTo,
    iconButton("link", "Copy a link that carries these bars", { onclick: () => desk.copyGroove() }));

  const step = h("select", { "aria-label": "Faster by, each round" }, LADDER_STEPS.map((bpm) => h("option", { value: String(bpm) }, `+${bpm} BPM`)));
  step.addEventListener("change", () => { player.ladder = { ...player.ladder, step: Number(step.value) }; player.changed(); });
  const ladderStep = h("span.loop-bars", { hidden: true }, step);

  const more = iconButton("more", "More controls", { "aria-expanded": "false" });
  more.classList.add("more-toggle");
  const tools = h("div.more-tools", {},
    h("div.group", {}, buttons.loop, loopBars),
    h("div.group", {}, buttons.countIn, buttons.click),
    h("div.group.speed", {}, speed, speedShown, buttons.ladder, ladderStep),
    h("div.group.mix", {}, h("span", { "aria-hidden": "true" }, "Recording"), mix,
      h("span", { "aria-hidden": "true" }, "Drums"), buttons.split));
  const element = h("div.transport", { role: "toolbar", "aria-label": "Playing" },
    iconButton("back", "Stroke before", { key: "ArrowLeft", onclick: () => desk.stepStroke(-1) }), play,
    iconButton("forward", "Next stroke", { key: "ArrowRight", onclick: () => desk.stepStroke(1) }),
    h("div.where", {}, bar, time),
    more, tools);
  more.addEventListener("click", () => {
    const open = element.classList.toggle("open");
    more.setAttribute("aria-expanded", String(open));
  });

  function toggle(what) {
    player[what] = !player[what];
    if (player[what]) player.drums.wake();
    player.changed();
  }

  function toggleLadder() {
    player.ladder = { ...player.ladder, on: !player.ladder.on };
    if (player.ladder.on && player.rate >= 1) player.setRate(0.7);
    player.changed();
  }

  function showLoop() {
    const { bars } = player;
    loopBars.hidden = !bars;
    if (!bars) return;
    const { measures } = desk.piece;
    if (loopFrom.options.length !== measures.length) {
      for (const list of [loopFrom, loopTo]) {
        fill(list, measures.map((measure, index) => h("option", { value: String(index) }, String(measure.number))));
      }
    }
    loopFrom.value = String(bars.from);
    loopTo.value = String(bars.to);
  }

  let shownBar = null;
  function now(seconds) {
    const { piece } = desk;
    const index = piece.measureAt(seconds);
    const measure = piece.measures[index];
    const beat = piece.beats.findLast?.((one) => one.time_s <= seconds + 0.004);
    const text = measure ? `Bar ${measure.number}${beat ? ` · ${beat.position}` : ""}` : "\u2013";
    if (text !== shownBar) { shownBar = text; bar.textContent = text; }
    time.textContent = `${clock(seconds, 1)} of ${clock(piece.duration)}`;
  }

  function show() {
    const { running } = player;
    fill(play, icon(running ? "pause" : "play"));
    play.setAttribute("aria-label", running ? "Pause" : "Play");
    speed.value = String(player.rate);
    const bpm = Math.round((desk.piece?.tempoAt(player.time) ?? 0) * player.rate);
    speedShown.textContent = `${percent(player.rate)}${bpm ? ` · ${bpm} BPM` : ""}`;
    speed.setAttribute("aria-valuetext", speedShown.textContent);
    mix.value = String(player.mix);
    mix.setAttribute("aria-valuetext", `${percent(1 - player.mix)} recording, ${percent(player.mix)} drums`);
    const states = { loop: Boolean(player.bars), countIn: player.countIn, click: player.click, ladder: player.ladder.on,
      split: player.split };
    for (const [name, on] of Object.entries(states)) buttons[name].setAttribute("aria-pressed", String(on));
    ladderStep.hidden = !player.ladder.on;
    step.value = String(player.ladder.step);
    showLoop();
  }

  show();
  return { element, show, now, toggle, toggleLadder };
}
