// One's own pieces: from an account to a corrected, exported and shared score.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, clip, fits, open, PASSWORD, ready, register, serve, shot } from "./support.js";

let server;
let browser;
let window_;
let page;
let video;
before(async () => {
  [server, browser] = await Promise.all([serve({ ACCESS_TOKEN_EXPIRE_MINUTES: "30" }), browse()]);
  window_ = await open(browser, server);
  page = window_.page;
});
after(async () => { await browser?.close(); await server?.stop(); });

const chooser = (on) => on.locator("input[aria-label='Choose a file']");
const desk = (what) => page.evaluate((code) => new Function("desk", `return ${code}`)(document.querySelector("bb-desk")), what);
const settled = () => page.evaluate(() => document.querySelector("bb-desk").corrections.line);

test("an account is made, mistakes are said beside their field", async () => {
  await page.goto("/#/register");
  await page.getByLabel("E-mail").fill("nobody");
  await page.getByLabel(/^Password/).fill("short");
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.locator(".field-problem:not([hidden])").first().waitFor();
  await shot(page, "register-problem-desktop");
  await register(page, "ringo@example.com");
  await page.getByRole("heading", { name: "No piece yet" }).waitFor();
  await accessible(page, "empty library");
  await shot(page, "library-empty-desktop");
});

test("what the server would refuse is refused before it is sent", async () => {
  const sent = [];
  page.on("request", (request) => { if (request.url().includes("/uploads")) sent.push(request.url()); });
  await chooser(page).setInputFiles({ name: "notes.docx", mimeType: "application/msword", buffer: Buffer.from("x") });
  await page.getByText("Files that end in .docx are not read here.").waitFor();
  await chooser(page).setInputFiles(clip("edge/zero_bytes.mp4"));
  await page.getByText("The file is empty.").waitFor();
  await shot(page, "upload-refused-desktop");
  assert.deepEqual(sent, []);
  for (const button of await page.getByRole("button", { name: /^Give up/ }).all()) await button.click();
});

test("an upload whose connection is cut goes on where it was", async () => {
  let cut = 0;
  await page.route("**/uploads/*", async (route) => {
    if (route.request().method() === "PATCH" && cut < 2) { cut += 1; await route.abort("connectionreset"); } else await route.continue();
  });
  await chooser(page).setInputFiles(clip("shuffle.avi"));
  await page.waitForURL(/#\/(progress|desk)\//);
  await page.unroute("**/uploads/*");
  assert.equal(cut, 2);
  video = /#\/\w+\/([0-9a-f-]+)/.exec(page.url())[1];
});

test("progress names its stages, never runs backwards and ends at the desk", async () => {
  const seen = [];
  while (!page.url().includes("#/desk/")) {
    const state = await page.evaluate(() => ({ part: document.querySelector(".bar")?.getAttribute("aria-valuenow"), step: document.querySelector(".steps .now")?.innerText }));
    if (state.part !== undefined && state.part !== null) seen.push(Number(state.part));
    if (seen.length === 3) { await shot(page, "progress-desktop"); await accessible(page, "progress"); }
    await new Promise((resolve) => { setTimeout(resolve, 150); });
  }
  assert.ok(seen.every((part, index) => index === 0 || part >= seen[index - 1]), seen.join(" "));
  await ready(page);
  await accessible(page, "desk");
  await shot(page, "desk-desktop-light");
});

test("a corrected note stays corrected over a reload, and so does its undo", async () => {
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

test("instrument, ghost, accent, place: each by its key", async () => {
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

test("half the tempo is shown before it is done", async () => {
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

test("planted errors are found and put right by keyboard alone", async () => {
  // Three strokes are read as something else; each is a key away from N, or from the arrow keys and the palette.
  const planted = await page.evaluate(async () => {
    const one = document.querySelector("bb-desk");
    const wanted = [...one.piece.notes.values()].filter((note) => note.instrument === "snare" && !note.ghost).slice(2, 5);
    const edits = wanted.map((note) => ({ op: "instrument", element: note.id, instrument: "clap" }));
    await one.corrections.change(edits, "planted");
    return wanted.map((note) => note.id);
  });
  let keys = 0;
  const press = async (key) => { keys += 1; await page.keyboard.press(key); };
  await page.keyboard.press("Home");
  for (let step = 0; step < 400; step += 1) {
    const left = await desk("[...desk.piece.notes.values()].filter((note) => note.instrument === 'clap').length");
    if (left === 0) break;
    await press("ArrowRight");
    const place = await desk("desk.chosen ? desk.piece.strokes[desk.chosen.stroke].notes.findIndex((note) => note.instrument === 'clap') : -1");
    if (place < 0) continue;
    for (let down = 0; down < place; down += 1) await press("ArrowDown");
    await press("i");
    await press("s");
    await settled();
  }
  const right = await page.evaluate((ids) => ids.map((id) => document.querySelector("bb-desk").piece.notes.get(id)?.instrument), planted);
  assert.deepEqual(right, ["snare", "snare", "snare"]);
  console.log(`planted errors: ${planted.length} put right with ${(keys / planted.length).toFixed(1)} keys each, steps to them included`);
});

test("versions can be compared, and what the machine heard comes back", async () => {
  await page.getByRole("button", { name: "Versions" }).click();
  await page.getByText("What the machine heard").waitFor();
  await shot(page, "versions-desktop");
  await accessible(page, "versions");
  await page.locator(".versions li", { hasText: "What the machine heard" }).getByRole("button", { name: "Go back" }).click();
  await page.getByText("Back to what the machine heard.").waitFor();
});

test("a link shows the piece to those without an account, and can be taken back", async () => {
  await page.keyboard.press("e");
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = page.locator(".versions a[href*='/s/']");
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

test("the library lists, finds, throws away and brings back", async () => {
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

test("on a phone and in the dark it all fits", async () => {
  const phone = await open(browser, server, { width: 360, height: 740, touch: true, theme: "dark" });
  await phone.page.goto("/#/login");
  await phone.page.getByLabel("E-mail").fill("ringo@example.com");
  await phone.page.getByLabel("Password").fill(PASSWORD);
  await phone.page.getByRole("button", { name: "Log in" }).click();
  await phone.page.locator(".piece").waitFor();
  await fits(phone.page, "library");
  await accessible(phone.page, "library on a phone");
  await shot(phone.page, "library-phone-dark");
  await phone.page.locator(".piece-name a").click();
  await ready(phone.page);
  await fits(phone.page, "desk");
  await accessible(phone.page, "desk on a phone");
  await shot(phone.page, "desk-phone-dark");
  await phone.page.goto("/#/account");
  await phone.page.getByRole("heading", { name: "Account" }).waitFor();
  await fits(phone.page, "account");
  await accessible(phone.page, "account");
  await shot(phone.page, "account-phone-dark");
  await phone.done();
});

test("a clip without sound ends with what to do", async () => {
  await page.goto("/#/library");
  await chooser(page).setInputFiles(clip("edge/no_audio.mp4"));
  await page.locator(".problem, .toast.bad").first().waitFor();
  await shot(page, "no-sound-desktop");
  const words = await page.locator(".problem, .toast.bad").first().innerText();
  assert.match(words, /sound/);
});

test("an admin sees health, users, jobs and models", async () => {
  await server.runs("user", "create", "--admin", "--email", "admin@example.com", "--password", PASSWORD);
  const admin = await open(browser, server);
  await admin.page.goto("/#/login");
  await admin.page.getByLabel("E-mail").fill("admin@example.com");
  await admin.page.getByLabel("Password").fill(PASSWORD);
  await admin.page.getByRole("button", { name: "Log in" }).click();
  await admin.page.getByRole("link", { name: "Admin" }).click();
  await admin.page.getByRole("cell", { name: "ringo@example.com" }).waitFor();
  await admin.page.getByRole("table").nth(2).waitFor();
  assert.equal(await admin.page.locator(".problem").count(), 0);
  await accessible(admin.page, "admin");
  await shot(admin.page, "admin-desktop");
  await admin.done();
});

test("nothing went wrong all along", async () => { await window_.done(); });
