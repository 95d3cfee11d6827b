// One's own pieces: sent in parts, corrected, compared, shared, thrown away and brought back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn } from "./pages.js";
import { accessible, browse, clip, fits, offers, open, ready, register, serve, shot, submit, written } from "./support.js";

let server;
let browser;
let window_;
let page;
let video;
let complete;
before(async () => {
  [server, browser] = await Promise.all([serve(), browse()]);
  window_ = await open(browser, server);
  page = window_.page;
  const needed = [["post", "/uploads"], ["get", "/videos/{id}/download"], ["post", "/notation/{id}/edits"], ["post", "/videos/{id}/shares"]];
  complete = (await Promise.all(needed.map(([method, path]) => offers(server, method, path)))).every(Boolean);
  if (complete) await register(page, "ringo@example.com");
});

/** A test of what needs uploads, media, edits and links; says so where the server has them not. */
const story = (name, act) => test(name, (t) => (complete ? act(t) : t.skip("this server does not offer uploads, media, edits and links yet")));
after(async () => { await browser?.close(); await server?.stop(); });

const chooser = (on) => on.locator("input[aria-label='Choose a file']");
const desk = (what) => page.evaluate((code) => new Function("desk", `return ${code}`)(document.querySelector("bb-desk")), what);
const settled = () => page.evaluate(() => document.querySelector("bb-desk").corrections.line);

story("an upload whose connection is cut goes on where it was", async () => {
  let cut = 0;
  await page.route("**/uploads/*", async (route) => {
    if (route.request().method() === "PATCH" && cut < 2) { cut += 1; await route.abort("connectionreset"); } else await route.continue();
  });
  await chooser(page).setInputFiles(clip("shuffle.avi"));
  await page.waitForURL(/#\/(progress|desk)\//);
  await page.unroute("**/uploads/*");
  assert.equal(cut, 2);
  video = /#\/\w+\/([0-9a-f-]+)/.exec(page.url())[1];
  await page.waitForURL(/#\/desk\//);
  await ready(page);
  await accessible(page, "desk");
  await shot(page, "desk-desktop-light");
});

story("a corrected note stays corrected over a reload, and so does its undo", async () => {
  const before_ = await desk("[desk.piece.notes.size, desk.source.revision]");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Delete");
  await page.waitForFunction((notes) => document.querySelector("bb-desk").piece.notes.size === notes - 1, before_[0]);
  await page.reload();
  await ready(page);
  assert.equal(await desk("desk.piece.notes.size"), before_[0] - 1);
  await page.keyboard.press("Control+z");
  await page.waitForFunction((notes) => document.querySelector("bb-desk").piece.notes.size === notes, before_[0]);
  await page.keyboard.press("Control+Shift+Z");
  await page.waitForFunction((notes) => document.querySelector("bb-desk").piece.notes.size === notes - 1, before_[0]);
  await page.keyboard.press("Control+z");
  await page.waitForFunction((notes) => document.querySelector("bb-desk").piece.notes.size === notes, before_[0]);
});

story("instrument, ghost, accent, place: each by its key", async () => {
  await page.keyboard.press("Home");
  for (let step = 0; step < 12; step += 1) await page.keyboard.press("ArrowRight");
  const chosen = () => desk("desk.chosen && ({ ...desk.chosen })");
  const first = await chosen();
  await page.keyboard.press("i");
  await page.keyboard.press(first.instrument === "cross_stick" ? "s" : "x");
  await page.waitForFunction((was) => document.querySelector("bb-desk").chosen?.instrument !== was, first.instrument);
  await page.keyboard.press("v");
  await page.waitForFunction((was) => document.querySelector("bb-desk").chosen?.accent !== was, first.accent);
  await settled();
  assert.match(await page.locator(".pencil p").first().innerText(), /^Bar \d+, beat/);
  await shot(page, "note-desktop");
  await page.keyboard.press("Control+z");
  await page.keyboard.press("Control+z");
  await settled();
  assert.equal((await chosen())?.instrument ?? first.instrument, first.instrument);
});

story("half the tempo is shown before it is done", async () => {
  const before_ = await desk("desk.piece.summary()");
  await page.keyboard.press("h");
  await page.getByRole("dialog", { name: "Half the tempo" }).waitFor();
  await shot(page, "preview-desktop");
  await accessible(page, "preview");
  await page.getByRole("button", { name: "Rewrite" }).click();
  await page.waitForFunction((was) => document.querySelector("bb-desk").piece.summary() !== was, before_);
  await page.keyboard.press("Control+z");
  await page.waitForFunction((was) => document.querySelector("bb-desk").piece.summary() === was, before_);
});

story("planted errors in the demo are found and put right by keyboard alone", async () => {
  const demo = await submit(server, "ringo@example.com", "demo.mp4");
  await written(server, "ringo@example.com", demo);
  await page.goto(`/#/desk/${demo}`);
  await page.waitForFunction((id) => document.querySelector("bb-desk[data-ready]")?.source.videoId === id, demo);
  // Three strokes are read as something else; the arrow keys come to them, the palette puts them right.
  const planted = await page.evaluate(async () => {
    const one = document.querySelector("bb-desk");
    const wanted = [...one.piece.notes.values()].filter((note) => note.instrument === "snare" && !note.ghost).slice(2, 5);
    const edits = wanted.map((note) => ({ op: "instrument", element: note.id, instrument: "clap" }));
    const taken = await one.corrections.change(edits, "planted");
    return { taken, ids: wanted.map((note) => note.id), strokes: one.piece.strokes.length };
  });
  assert.equal(planted.taken, true, "the errors were planted");
  const wrong = () => desk("[...desk.piece.notes.values()].filter((note) => note.instrument === 'clap').length");
  assert.equal(await wrong(), 3);
  const keys = { finding: 0, fixing: 0 };
  const press = async (key, what) => { keys[what] += 1; await page.keyboard.press(key); };
  await page.keyboard.press("Home");
  for (let step = 0; step < planted.strokes && await wrong() > 0; step += 1) {
    await press("ArrowRight", "finding");
    const place = await desk("desk.chosen ? desk.piece.strokes[desk.chosen.stroke].notes.findIndex((note) => note.instrument === 'clap') : -1");
    if (place < 0) continue;
    for (let down = 0; down < place; down += 1) await press("ArrowDown", "fixing");
    await press("i", "fixing");
    await press("s", "fixing");
    await settled();
  }
  const right = await page.evaluate((ids) => ids.map((id) => document.querySelector("bb-desk").piece.notes.get(id)?.instrument), planted.ids);
  assert.deepEqual(right, ["snare", "snare", "snare"]);
  const each = (what) => (keys[what] / planted.ids.length).toFixed(1);
  console.log(`planted errors: ${planted.ids.length} put right with ${each("fixing")} keys each, after ${each("finding")} keys each to find them`);
});

story("a doubtful note takes one key to be put right", async () => {
  const before_ = await desk("desk.corrections.items.length");
  // Some doubts are whether anything was struck at all; what is put right here may have been something else.
  for (let seen = 0, others = 0; !others; seen += 1) {
    assert.ok(seen < before_, "no doubtful note may have been something else");
    await page.keyboard.press("n");
    await page.locator(".doubt-card").waitFor();
    others = await desk("desk.corrections.item.alternatives.length");
  }
  const [element, other] = await desk("[desk.corrections.item.element, desk.corrections.item.alternatives[0].instrument]");
  await page.keyboard.press("1");
  await settled();
  assert.equal(await desk(`desk.piece.notes.get("${element}")?.instrument`), other);
  await page.waitForFunction((was) => document.querySelector("bb-desk").corrections.items.length < was, before_);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+z");
  await settled();
});

story("a piece can be given another name, and a flam its grace note", async () => {
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name of the piece").fill("The one with the flam");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The one with the flam" }).waitFor();
  await page.waitForFunction(() => document.title.startsWith("The one with the flam"));
  const snare = await desk("[...desk.piece.notes.values()].find((note) => note.instrument === 'snare' && !note.graces).id");
  await page.evaluate((id) => document.querySelector("bb-desk").chooseNote(id), snare);
  await page.keyboard.press("f");
  await settled();
  assert.equal(await desk(`desk.piece.notes.get("${snare}").graces`), "flam");
});

story("every correction can be made with a finger", async () => {
  const phone = await open(browser, server, { width: 360, height: 740, touch: true });
  await logIn(phone.page, "ringo@example.com");
  await phone.page.goto(`/#/desk/${video}`);
  await ready(phone.page);
  const on = (code) => phone.page.evaluate((text) => new Function("desk", `return ${text}`)(document.querySelector("bb-desk")), code);
  const rest = () => phone.page.evaluate(() => document.querySelector("bb-desk").corrections.line);
  const tap = async (name) => { await phone.page.getByRole("button", { name, exact: true }).tap(); await rest(); };
  const id = await on("desk.piece.strokes[6].notes[0].id");
  await phone.page.locator(`[id="${id}"]`).tap({ force: true });
  await phone.page.locator(".pencil").waitFor();
  const note = () => on(`({ ...desk.piece.notes.get("${id}") })`);
  const first = await note();
  for (const what of ["Ghost", "Accent", "Flam"]) await tap(what);
  const marked = await note();
  assert.deepEqual([marked.ghost, marked.accent, marked.graces], [!first.ghost, !first.accent, "flam"]);
  await tap("Later");
  // In a shuffle the next place is a triplet away.
  assert.equal((await note()).offset, first.offset + 3360);
  await tap("Instrument");
  await tap("Cross-stick");
  assert.equal((await note()).instrument, "cross_stick");
  const count = await on("desk.piece.notes.size");
  await tap("Add beside");
  await tap("Ride bell");
  assert.equal(await on("desk.piece.notes.size"), count + 1);
  await tap("Remove");
  assert.equal(await on("desk.piece.notes.size"), count);
  for (const [name, sheet] of [["Half the tempo", "Half the tempo"], ["Double the tempo", "Double the tempo"],
    ["Bar one a beat later", "Bar one a beat later"], ["Bar one a beat earlier", "Bar one a beat earlier"]]) {
    await tap("Change notes and beat");
    await tap(name);
    await phone.page.getByRole("dialog", { name: sheet }).waitFor();
    await tap("Leave it");
  }
  await tap("Change notes and beat");
  await tap("Meter from here");
  await phone.page.getByRole("combobox", { name: "Meter" }).selectOption("3/4");
  await tap("Show what it does");
  await phone.page.getByRole("dialog", { name: /^3\/4 from bar/ }).waitFor();
  await tap("Rewrite");
  await phone.page.waitForFunction(() => document.querySelector("bb-desk").piece.summary().includes("3/4"));
  const made = await on("desk.source.revision");
  for (let step = 0; step < 8; step += 1) await tap("Undo");
  assert.ok(await on("desk.source.revision") < made);
  assert.equal((await note()).instrument, first.instrument);
  await fits(phone.page, "desk with every correction");
  await phone.done();
});

story("versions can be compared, and what the machine heard comes back", async () => {
  await page.getByRole("button", { name: "Versions" }).click();
  await page.getByText("What the machine heard").waitFor();
  await shot(page, "versions-desktop");
  await accessible(page, "versions");
  const heard = page.locator(".versions li", { hasText: "What the machine heard" });
  await heard.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("dialog", { name: "Compared with what the machine heard" }).getByText(/^\d+ of \d+ bars differ/).waitFor();
  await shot(page, "compare-desktop");
  await accessible(page, "compare");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Versions" }).click();
  await heard.getByRole("button", { name: "Go back" }).click();
  await page.getByText("Back to what the machine heard.").waitFor();
});

story("a link shows the piece to those without an account, and can be taken back", async () => {
  await page.keyboard.press("e");
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = page.locator(".shares a[href*='/s/']");
  await link.waitFor();
  const url = await link.getAttribute("href");
  await shot(page, "share-desktop");
  const guest = await open(browser, server, { width: 360, height: 740, touch: true });
  await guest.page.goto(url);
  await ready(guest.page);
  await fits(guest.page, "shared");
  await accessible(guest.page, "shared");
  await shot(guest.page, "shared-phone");
  assert.equal(await guest.page.getByRole("button", { name: "Undo" }).count(), 0);
  await page.getByRole("button", { name: "Take back" }).click();
  await page.getByText("The link is dead now.").waitFor();
  await guest.page.reload();
  await guest.page.locator(".problem").waitFor();
  await guest.done();
  await page.keyboard.press("Escape");
});

story("the library lists, finds, throws away and brings back", async () => {
  await page.goto("/#/library");
  await page.locator(`.piece[data-id='${video}']`).waitFor();
  await shot(page, "library-desktop-light");
  await accessible(page, "library");
  await page.getByLabel("Search the library").fill("nothing of that name");
  await page.getByRole("heading", { name: "Nothing found" }).waitFor();
  await page.getByLabel("Search the library").fill("shuf");
  await page.locator(`.piece[data-id='${video}']`).waitFor();
  await page.getByRole("button", { name: "Throw away shuffle" }).click();
  await page.getByText("is in the trash").waitFor();
  await page.getByRole("tab", { name: "Trash" }).click();
  await page.getByLabel("Search the library").fill("");
  await page.getByRole("button", { name: "Bring back shuffle" }).click();
  await page.getByRole("tab", { name: "Pieces" }).click();
  await page.locator(`.piece[data-id='${video}']`).waitFor();
});

test("nothing went wrong all along", async () => { await window_.done(); });
