// Accounts, the shelf, progress, errors, and the page for who runs the server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, browse, clip, fits, open, PASSWORD, register, serve, shot, submit } from "./support.js";

let server;
let browser;
let window_;
let page;
before(async () => {
  [server, browser] = await Promise.all([serve(), browse()]);
  window_ = await open(browser, server);
  page = window_.page;
});
after(async () => { await browser?.close(); await server?.stop(); });

const chooser = (on) => on.locator("input[aria-label='Choose a file']");

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
  const given = page.getByRole("button", { name: /^Give up/ });
  await given.first().click();
  await given.first().click();
  assert.equal(await given.count(), 0);
});

test("progress names its stages and never runs backwards, and the score is there at its end", async () => {
  const video = await submit(server, "ringo@example.com", "shuffle.avi");
  await page.goto(`/#/progress/${video}`);
  await page.locator(".steps").waitFor();
  const seen = [];
  const steps = new Set();
  while (!page.url().includes("#/desk/")) {
    const state = await page.evaluate(() => ({ part: document.querySelector(".card .bar")?.getAttribute("aria-valuenow"), step: document.querySelector(".steps .now")?.innerText }));
    if (state.part) seen.push(Number(state.part));
    if (state.step) steps.add(state.step);
    if (seen.length === 3) { await shot(page, "progress-desktop"); await accessible(page, "progress"); }
    await new Promise((resolve) => { setTimeout(resolve, 60); });
  }
  assert.ok(seen.every((part, index) => index === 0 || part >= seen[index - 1]), seen.join(" "));
  assert.ok(steps.size > 0, "no stage was named");
  console.log(`progress: ${[...steps].join(", ")}; ${new Set(seen).size} different figures`);
  await page.locator(".score-page .note").first().waitFor();
});

test("a recording that no browser plays sounds as its written notes", async () => {
  await page.getByText("You hear the written notes instead.").waitFor();
  await page.waitForSelector("bb-desk[data-ready]");
  await page.keyboard.press(" ");
  await page.waitForFunction(() => document.querySelector("video").currentTime > 0.4);
  await page.keyboard.press(" ");
  assert.match(await page.locator(".desk-facts").innerText(), /^92 BPM · 4\/4 · \d+ bars(\s+\d+ places? worth a look)?(\s+\d+ remarks?)?$/);
  await accessible(page, "desk");
  await shot(page, "desk-sound-only");
});

test("a clip without sound ends with what to do", async () => {
  const video = await submit(server, "ringo@example.com", "edge/no_audio.mp4");
  await page.goto(`/#/progress/${video}`);
  await page.getByRole("button", { name: "Write it down" }).click();
  await page.locator(".problem").waitFor();
  assert.match(await page.locator(".problem").innerText(), /no sound[^]*Notation is written from sound/);
  await shot(page, "no-sound-desktop");
  await accessible(page, "an error");
});

test("the library shows what there is, long names too", async () => {
  await page.goto("/#/library");
  await page.locator(".piece", { hasText: "shuffle" }).getByText(/strokes/).waitFor();
  await shot(page, "library-desktop-light");
  await accessible(page, "library");
});

test("who leaves comes back to where they were, and a wrong password is said", async () => {
  await page.goto("/#/account");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("link", { name: "Log in" }).waitFor();
  await page.goto("/#/account");
  await page.getByLabel("E-mail").fill("ringo@example.com");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("Incorrect email or password").waitFor();
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Account" }).waitFor();
});

test("on a phone and in the dark it all fits", async () => {
  const phone = await open(browser, server, { width: 360, height: 740, touch: true, theme: "dark" });
  await phone.page.goto("/#/login");
  await phone.page.getByLabel("E-mail").fill("ringo@example.com");
  await phone.page.getByLabel("Password").fill(PASSWORD);
  await phone.page.getByRole("button", { name: "Log in" }).click();
  await phone.page.locator(".piece").first().waitFor();
  await fits(phone.page, "library");
  await accessible(phone.page, "library on a phone");
  await shot(phone.page, "library-phone-dark");
  await phone.page.goto("/#/account");
  await phone.page.getByRole("heading", { name: "Account" }).waitFor();
  await fits(phone.page, "account");
  await accessible(phone.page, "account");
  await shot(phone.page, "account-phone-dark");
  await phone.done();
});

test("an admin sees health, users, jobs and models", async () => {
  await server.runs("user", "create", "--admin", "--email", "admin@example.com", "--password", PASSWORD);
  const admin = await open(browser, server);
  await admin.page.goto("/#/login");
  await admin.page.getByLabel("E-mail").fill("admin@example.com");
  await admin.page.getByLabel("Password").fill(PASSWORD);
  await admin.page.getByRole("button", { name: "Log in" }).click();
  await admin.page.getByRole("link", { name: "Admin" }).click();
  await admin.page.getByRole("cell", { name: "ringo@example.com", exact: true }).waitFor();
  await admin.page.getByRole("region", { name: "Jobs" }).waitFor();
  const row = admin.page.getByRole("row", { name: /^ringo@example.com/ });
  const quota = async () => (await row.locator(".quota span").innerText()).split(" of ");
  await row.locator(".quota span").waitFor();
  const [taken, allowed] = await quota();
  assert.match(taken, /^[\d.]+ MB$/, "what ringo has stored, in real bytes");
  await row.getByLabel("ringo@example.com is premium").check();
  await admin.page.waitForFunction((was) => !document.querySelector(".quota span").innerText.endsWith(was), allowed);
  assert.equal((await quota())[0], taken);
  await row.getByLabel("ringo@example.com is premium").uncheck();
  await admin.page.getByRole("region", { name: "Models" }).getByText("in the executable").first().waitFor();
  await admin.page.getByText("All is well").waitFor();
  await admin.page.getByText(/\d+ scores?/).first().waitFor();
  await accessible(admin.page, "admin");
  await shot(admin.page, "admin-desktop");
  await admin.done();
});

test("nothing went wrong all along", async () => { await window_.done(); });
