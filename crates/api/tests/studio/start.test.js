// The first page: the demo before any account, on one clock, with every means of practice.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, fits, open, ready, serve, shot } from "./support.js";

let server;
let browser;
before(async () => { [server, browser] = await Promise.all([serve(), browse()]); });
after(async () => { await browser?.close(); await server?.stop(); });

const time = (page) => page.evaluate(() => document.querySelector("video").currentTime);
const playing = (page) => page.waitForSelector("bb-desk[data-playing='true']");
const press = (page, key) => page.keyboard.press(key);

test("a stranger sees the demo, engraved and playing", async () => {
  const { page, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  assert.equal(await page.locator(".score-page .note").count() > 100, true);
  for (const mark of ["staff", "clef", "notehead", "stem", "beam", "barline"]) {
    const seen = await page.evaluate((name) => [...document.querySelectorAll(`.score-page .${name}`)]
      .filter((one) => one.getBoundingClientRect().height > 0 || one.getBoundingClientRect().width > 0).length, mark);
    assert.ok(seen > 0, `no ${mark} is to be seen`);
  }
  await page.getByRole("button", { name: "Play the demo" }).click();
  await playing(page);
  await page.waitForFunction(() => document.querySelector("video").currentTime > 0.5);
  const facts = await page.locator(".desk-facts").innerText();
  assert.match(facts, /104 BPM.*4\/4.*13 bars/s);
  await shot(page, "start-desktop-light");
  await done();
});

for (const rate of [1, 0.5]) {
  test(`the cursor keeps within 20 ms of the media clock at ${rate}x`, async () => {
    const { page, done } = await open(browser, server);
    await page.goto("/");
    await ready(page);
    await page.locator("input[aria-label='Speed']").fill(String(rate));
    await press(page, " ");
    await playing(page);
    const distances = await page.evaluate(async (frames) => {
      const video = document.querySelector("video");
      const desk = document.querySelector("bb-desk");
      const { piece, score } = desk;
      const found = [];
      for (let frame = 0; frame < frames; frame += 1) {
        await new Promise((resolve) => { requestAnimationFrame(resolve); });
        // What is drawn: the line's place on the page, taken back to the time at which the music stands there.
        const line = score.cursorLine;
        const drawn = Number(line.getAttribute("x")) + 0.35;
        const now = video.currentTime;
        const at = piece.cursorAt(now);
        const later = piece.cursorAt(now + 0.02);
        const earlier = piece.cursorAt(now - 0.02);
        const sameLine = at.system === later.system && at.system === earlier.system && later.x > earlier.x;
        if (sameLine) found.push({ ms: Math.abs(Number(line.dataset.time) - now) * 1000, inside: drawn >= earlier.x - 0.01 && drawn <= later.x + 0.01 });
      }
      return found;
    }, 150);
    assert.ok(distances.length > 60, `${distances.length} pictures`);
    const worst = Math.max(...distances.map((one) => one.ms));
    const outside = distances.filter((one) => !one.inside).length;
    const mean = distances.reduce((sum, one) => sum + one.ms, 0) / distances.length;
    console.log(`cursor at ${rate}x: mean ${mean.toFixed(1)} ms, worst ${worst.toFixed(1)} ms of ${distances.length} pictures, ${outside} drawn outside`);
    // On a busy machine a picture may come late; that one is late to the eye as well.
    const late = distances.filter((one) => one.ms > 20 || !one.inside).length;
    assert.ok(mean < 20 && late / distances.length < 0.05, `${late} of ${distances.length} pictures are off`);
    await done();
  });
}

test("a click on a note shows its stroke, and the arrow keys step from stroke to stroke", async () => {
  const { page, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  const wanted = await page.evaluate(() => {
    const { piece } = document.querySelector("bb-desk");
    const stroke = piece.strokes[40];
    return { id: stroke.notes[0].id, time: stroke.time, next: piece.strokes[41].time };
  });
  await page.locator(`[id="${wanted.id}"]`).click({ force: true });
  assert.ok(Math.abs(await time(page) - wanted.time) < 0.005);
  await press(page, "ArrowRight");
  assert.ok(Math.abs(await time(page) - wanted.next) < 0.005);
  await press(page, "ArrowLeft");
  assert.ok(Math.abs(await time(page) - wanted.time) < 0.005);
  // What is said comes a moment later, so that held keys do not talk over each other.
  await page.waitForFunction(() => /^bar \d+, beat \d.*: .+/.test(document.querySelector("#announcer").textContent));
  await done();
});

test("dragging over bars loops them, and a reload brings loop, speed and size back", async () => {
  const { page, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  const bars = await page.evaluate(() => {
    const { piece, score } = document.querySelector("bb-desk");
    const system = piece.timemap.systems[0];
    const matrix = score.pages[0].element.getScreenCTM();
    const y = (system.top_mm + system.bottom_mm) / 2;
    return system.measures.slice(1, 3).map((bar) => {
      const point = new DOMPoint((bar.left_mm + bar.right_mm) / 2 + 3, y - 1.3).matrixTransform(matrix);
      return [point.x, point.y];
    });
  });
  await page.mouse.move(...bars[0]);
  await page.mouse.down();
  await page.mouse.move(...bars[1], { steps: 5 });
  await page.mouse.up();
  const loop = () => page.evaluate(() => document.querySelector("bb-desk").player.bars);
  assert.deepEqual(await loop(), { from: 1, to: 2 });
  const size = await page.evaluate(() => document.querySelector("bb-desk").zoom);
  await press(page, ",");
  await press(page, "+");
  await page.waitForFunction((was) => document.querySelector("bb-desk").zoom === was + 1, size);
  await page.reload();
  await ready(page);
  assert.deepEqual(await loop(), { from: 1, to: 2 });
  const kept = await page.evaluate(() => { const { player, zoom } = document.querySelector("bb-desk"); return [player.rate, zoom]; });
  assert.deepEqual(kept, [0.95, size + 1]);

  // It really turns back: from just before its end to its start.
  const stretch = await page.evaluate(() => document.querySelector("bb-desk").player.stretch);
  await page.evaluate((at) => document.querySelector("bb-desk").player.seek(at), stretch.to - 0.4);
  await press(page, " ");
  await page.waitForFunction(([from, to]) => {
    const { player } = document.querySelector("bb-desk");
    return player.rounds >= 1 && player.time >= from - 0.05 && player.time < to - 0.5;
  }, [stretch.from, stretch.to]);
  await done();
});

test("the drums can be heard beside the recording, each alone, with count-in, click and the ladder, by keys alone", async () => {
  const { page, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  const player = (what) => page.evaluate((name) => document.querySelector("bb-desk").player[name], what);
  await press(page, "x");
  await page.waitForFunction(() => document.querySelector("bb-desk").player.drums.kit);
  assert.equal(await player("mix"), 0.5);
  await press(page, "y");
  assert.equal(await player("split"), true);
  await press(page, "c");
  await press(page, "r");
  await press(page, "l");
  await press(page, "u");
  assert.deepEqual([await player("click"), await player("countIn"), await player("rate")], [true, true, 0.7]);
  await press(page, " ");
  await page.locator(".count").waitFor({ state: "visible" });
  await playing(page);
  await page.waitForFunction(() => document.querySelector("bb-desk").player.rounds >= 1, null);
  assert.ok(await player("rate") > 0.7, "a round later it is faster");
  await press(page, " ");
  await page.getByRole("button", { name: "Only Snare" }).click();
  assert.deepEqual(await player("lanes"), { muted: [], solo: ["snare"] });
  const sounding = await page.evaluate(() => {
    const { player: one, piece } = document.querySelector("bb-desk");
    return [...new Set([...piece.notes.values()].filter((note) => one.heard(note.instrument)).map((note) => piece.pieceOf(note.instrument)))];
  });
  assert.deepEqual(sounding, ["snare"]);
  await done();
});

test("N walks through the doubtful notes, slowly and looped", async () => {
  const { page, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  const open_ = () => page.evaluate(() => document.querySelector("bb-desk").corrections.items.length);
  const before_ = await open_();
  assert.ok(before_ > 0);
  await press(page, "n");
  await page.locator(".doubt-card").waitFor();
  const state = await page.evaluate(() => { const { player } = document.querySelector("bb-desk"); return [player.rate, player.spot.to - player.spot.from < 1.2]; });
  assert.deepEqual(state, [0.5, true]);
  await shot(page, "doubt-desktop-light");
  await press(page, "Enter");
  assert.equal(await open_(), before_ - 1);
  await press(page, "Escape");
  assert.equal(await page.locator(".doubt-card").count(), 0);
  await done();
});

test("the demo can be saved in every format", async () => {
  const { page, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  await press(page, "e");
  const formats = await page.locator(".format").count();
  assert.ok(formats >= 15, `${formats} formats`);
  for (const format of ["pdf", "musicxml", "midi", "zip"]) {
    const coming = page.waitForEvent("download");
    await page.locator(`.format[data-format='${format}']`).click();
    const file = await coming;
    assert.match(file.suggestedFilename(), /^Backbeat demo\./);
  }
  await shot(page, "export-desktop-light");
  await accessible(page, "export");
  await done();
});

test("on a phone nothing is cut off, and what can be pressed can be pressed", async () => {
  const { page, done } = await open(browser, server, { width: 360, height: 740, touch: true });
  await page.goto("/");
  await ready(page);
  await fits(page, "start");
  await shot(page, "start-phone-light");
  await page.getByRole("button", { name: "Play the demo" }).tap();
  await playing(page);
  await page.getByRole("button", { name: "More controls" }).tap();
  await page.getByRole("button", { name: "Click on the beats" }).waitFor({ state: "visible" });
  await fits(page, "start with every control");
  await shot(page, "controls-phone-light");
  await done();
});

test("the shell comes up without a network once it was here", async () => {
  const { page, context, done } = await open(browser, server);
  await page.goto("/");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await context.setOffline(true);
  await page.reload();
  await page.getByRole("link", { name: "Backbeat, start page" }).waitFor();
  await context.setOffline(false);
  await done();
});

test("the first paint comes within a second", async () => {
  const took = [];
  // The best of a few: what is asked is what the page costs, not what else this machine does.
  for (let time = 0; time < 5; time += 1) {
    const { page, done } = await open(browser, server);
    await page.goto("/");
    await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
    took.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    await done();
  }
  console.log(`first paint after ${took.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  assert.ok(Math.min(...took) < 1000, took.join(" "));
});

test("an easier reading and the timing of each note are a press away, and the cursor stays where the music is", async () => {
  const { page, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  const notes = () => page.evaluate(() => document.querySelector("bb-desk").piece.notes.size);
  const whole = await notes();
  await page.getByRole("button", { name: "View: pages, level, timing" }).click();
  await page.getByRole("radio", { name: "1: The pulse" }).check({ force: true });
  await page.getByText("Level 1 of 5").waitFor();
  assert.ok(await notes() < whole / 2, `${await notes()} of ${whole} notes at level 1`);
  await page.getByRole("radio", { name: "5: Everything that was played" }).check({ force: true });
  await page.getByText("Level 1 of 5").waitFor({ state: "detached" });
  assert.equal(await notes(), whole);
  await page.getByLabel("Early and late notes").check();
  await page.locator(".score-page .overlay").first().waitFor({ state: "attached" });
  const lines = await page.evaluate(() => {
    const { piece, score } = document.querySelector("bb-desk");
    const drawn = [...document.querySelectorAll(".score-page .staff")].map((staff) => {
      const sheet = score.pages[staff.closest(".score-page").dataset.page];
      const box = staff.getBBox();
      return [box.y * sheet.scale, (box.y + box.height) * sheet.scale];
    });
    return piece.timemap.systems.map((system) => drawn.some(([top, bottom]) => top >= system.top_mm - 0.1 && bottom <= system.bottom_mm + 0.1));
  });
  assert.ok(lines.length > 1 && lines.every(Boolean), `lines of music where the timemap has them: ${lines}`);
  await done();
});

test("two bars travel in a link that carries them", async () => {
  const { page, context, done } = await open(browser, server);
  await page.goto("/");
  await ready(page);
  await page.evaluate(() => document.querySelector("bb-desk").setLoop({ from: 2, to: 3 }));
  await page.getByRole("button", { name: "Copy a link that carries these bars" }).click();
  await page.getByText(/^Link copied/).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const strokes = (on, from, to) => on.evaluate(([first, last]) => {
    const { piece } = document.querySelector("bb-desk");
    const inside = [...piece.notes.values()].filter((note) => note.measure >= first && note.measure <= last);
    return inside.map((note) => `${note.measure - first} ${note.offset} ${note.instrument} ${note.ghost} ${note.accent}`).sort();
  }, [from, to]);
  const sent = await strokes(page, 2, 3);
  const asked = [];
  context.on("request", (request) => { if (request.method() !== "GET") asked.push(request.url()); });
  const guest = await context.newPage();
  await guest.goto(link);
  await ready(guest);
  assert.deepEqual(await strokes(guest, 0, 1), sent);
  assert.ok(sent.length > 20);
  await guest.keyboard.press(" ");
  await guest.waitForFunction(() => document.querySelector("video").currentTime > 0.4);
  await shot(guest, "groove-desktop");
  await accessible(guest, "groove");
  assert.deepEqual(asked, [], "nothing was sent to be kept");
  console.log(`two bars of ${sent.length} notes are a link of ${link.length} letters`);
  await guest.goto("/#/groove/bm90aGluZw");
  await guest.getByText("This link is damaged").waitFor();
  await done();
});
