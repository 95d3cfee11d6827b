// A real server in a temporary folder, a real Chromium, and the watch over both: every page asserts that nothing left the
// origin, that the policy was kept and that no script failed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "../../../..");
const program = process.env.BACKBEAT ?? join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug/backbeat");
const AXE = join(here, "node_modules/axe-core/axe.min.js");
export const PASSWORD = "four-on-the-floor-4";
export const clip = (name) => join(root, "demo", name);

/** Starts a server on a free port and an empty folder. */
export async function serve(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "backbeat-studio-"));
  const env = { ...process.env, BCRYPT_COST: "10", LOG_LEVEL: "warn", JOB_SLOTS: "1", ...settings };
  const child = spawn(program, ["serve", "--port", "0", "--data", folder], { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const url = await new Promise((resolve, reject) => {
    const listen = (data) => {
      said += data;
      const found = /http:\/\/[\d.:]+/.exec(said);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const stop = async () => {
    const gone = new Promise((resolve) => { child.on("exit", resolve); });
    child.kill("SIGTERM");
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  return { url, folder, stop, said: () => said, runs: (...words) => run([...words], { ...env, DATA_DIR: folder }) };
}

function run(words, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, stdio: "pipe" });
    let said = "";
    child.stdout.on("data", (data) => { said += data; });
    child.stderr.on("data", (data) => { said += data; });
    child.on("exit", (code) => (code === 0 ? resolve(said) : reject(new Error(said))));
  });
}

export function browse() {
  const args = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** A window that watches itself; `watch.done()` asserts that all was well. */
export async function open(browser, server, { width = 1280, height = 800, theme = "light", touch = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, hasTouch: touch, isMobile: touch,
    acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"], baseURL: server.url });
  const page = await context.newPage();
  const wrong = [];
  const origin = new URL(server.url).origin;
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (["http:", "https:", "ws:", "wss:"].includes(url.protocol) && url.origin !== origin) wrong.push(`left the origin: ${url}`);
    if (/[?&](token|access_token)=/.test(url.search)) wrong.push(`a token in an address: ${url}`);
  });
  page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) wrong.push(message.text());
  });
  // Long enough for a busy machine; nothing here measures time with it.
  page.setDefaultTimeout(90_000);
  const done = async () => {
    await context.close();
    assert.deepEqual(wrong, []);
  };
  return { page, context, done };
}

/** Whether the server has a route, by its own OpenAPI document. */
export async function offers(server, method, path) {
  const document = await (await fetch(`${server.url}/openapi.json`)).json();
  return Boolean(document.paths[path]?.[method] ?? document.paths[`${path}/`]?.[method]);
}

const tokens = new Map();

/** A token for an account, as a program would get it. */
export async function token(server, email) {
  const key = `${server.url} ${email}`;
  if (!tokens.has(key)) {
    const form = new URLSearchParams({ username: email, password: PASSWORD });
    const login = await (await fetch(`${server.url}/users/login`, { method: "POST", body: form })).json();
    tokens.set(key, login.access_token);
  }
  return tokens.get(key);
}

/** Waits until a recording is written down. */
export async function written(server, email, video) {
  const headers = { authorization: `Bearer ${await token(server, email)}` };
  for (;;) {
    const status = await (await fetch(`${server.url}/videos/${video}/processing-status`, { headers })).json();
    if (status.has_notation) return;
    const failed = status.stages.find((stage) => stage.status === "failed");
    assert.ok(!failed, `not written: ${failed?.error_message}`);
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
}

/** Gives a recording a name. */
export async function title(server, email, video, words) {
  const headers = { authorization: `Bearer ${await token(server, email)}`, "content-type": "application/json" };
  const answer = await fetch(`${server.url}/videos/${video}`, { method: "PUT", headers, body: JSON.stringify({ title: words }) });
  assert.equal(answer.status, 200, await answer.text());
}

/** Sends a recording and has it written, as a program would; gives the id of the video. */
export async function submit(server, email, file) {
  const headers = { authorization: `Bearer ${await token(server, email)}` };
  const body = new FormData();
  body.append("file", new Blob([await readFile(clip(file))]), file.split("/").at(-1));
  const sent = await (await fetch(`${server.url}/videos/upload`, { method: "POST", headers, body })).json();
  await fetch(`${server.url}/videos/${sent.video.id}/generate-notation`, { method: "POST", headers });
  return sent.video.id;
}

/** Makes an account through the page. */
export async function register(page, email) {
  await page.goto("/#/register");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.getByRole("heading", { name: "Library" }).waitFor();
}

/** Waits until a desk is complete. */
export const ready = (page) => page.waitForSelector("bb-desk[data-ready]");

/** Asserts that axe finds nothing serious or critical. */
export async function accessible(page, what) {
  if (!await page.evaluate(() => Boolean(globalThis.axe))) await page.evaluate(await readFile(AXE, "utf8"));
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const bad = found.violations.filter((violation) => ["serious", "critical"].includes(violation.impact));
  const words = bad.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(" | ")}`);
  assert.deepEqual(words, [], `${what}: axe`);
}

/** Asserts that nothing is wider than the window. */
export async function fits(page, what) {
  const [content, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window_, `${what}: ${content} px wide in a window of ${window_} px`);
}

/** Keeps a picture where SHOTS names a folder. */
export async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
}
