// Every page and every sheet over it, on a desk and on a phone, in light and dark: axe finds nothing serious, nothing is
// wider than the window, and SHOTS keeps a picture of each.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { logIn, WALKS, walk } from "./pages.js";
import { browse, open, PASSWORD, serve, submit, title, token, written } from "./support.js";

const LONG = "Wednesday rehearsal, third take with the new ride and the borrowed kick pedal, before the neighbours came over";
const SIZES = [
  { kind: "desktop", width: 1280, height: 800, touch: false },
  { kind: "phone", width: 360, height: 740, touch: true },
];
const PEOPLE = [["ringo@example.com", []], ["moe@example.com", []], ["admin@example.com", ["--admin"]],
  ["somebody-with-a-rather-long-address@percussion-department.conservatory.example.org", []]];

let server;
let browser;
const pieces = {};

before(async () => {
  [server, browser] = await Promise.all([serve(), browse()]);
  for (const [email, words] of PEOPLE) await server.runs("user", "create", ...words, "--email", email, "--password", PASSWORD);
  for (const [name, file] of [["long", "demo.mp4"], ["silent", "edge/no_audio.mp4"], ["sound", "shuffle.avi"]]) {
    pieces[name] = await submit(server, "ringo@example.com", file);
    if (name !== "silent") await written(server, "ringo@example.com", pieces[name]);
  }
  await title(server, "ringo@example.com", pieces.long, LONG);
  const headers = { authorization: `Bearer ${await token(server, "ringo@example.com")}`, "content-type": "application/json" };
  const made = await fetch(`${server.url}/videos/${pieces.long}/shares`, { method: "POST", headers, body: "{}" });
  assert.equal(made.status, 201);
  pieces.link = (await made.json()).url;
});
after(async () => { await browser?.close(); await server?.stop(); });

for (const { kind, ...size } of SIZES) {
  for (const theme of ["light", "dark"]) {
    test(`every page on a ${kind} in ${theme}`, async () => {
      for (const [email, states] of WALKS) {
        const { page, done } = await open(browser, server, { ...size, theme });
        if (email) await logIn(page, email);
        await walk(page, states(pieces), `${kind}-${theme}`);
        await done();
      }
    });
  }
}
