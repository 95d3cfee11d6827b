// Every state in which a page of the studio can be looked at: its name, its address, and what is done there.

import { accessible, fits, PASSWORD, ready, shot } from "./support.js";

const press = (page, key) => page.keyboard.press(key);
export const logIn = async (page, email) => {
  await page.goto("/#/login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Library" }).waitFor();
};
const sheet = async (page, name) => page.getByRole("dialog", { name }).waitFor();
const away = async (page) => {
  await page.evaluate(() => document.querySelectorAll("dialog[open]").forEach((box) => box.close()));
  await page.waitForFunction(() => !document.querySelector("dialog"));
};
const noteAt = (page, index) => page.evaluate((at) => {
  const desk = document.querySelector("bb-desk");
  desk.chooseNote(desk.piece.strokes[at].notes[0].id);
}, index);

/** What a stranger can come to; without an address it goes on where the last one was. */
const strangers = ({ link }) => [
  ["start", "/#/", ready],
  ["start-doubt", null, async (page) => { await press(page, "n"); await page.locator(".doubt-card").waitFor(); await press(page, " "); }],
  ["keys", null, async (page) => { await press(page, "Escape"); await press(page, "?"); await sheet(page, "Keys"); }],
  ["export", null, async (page) => { await away(page); await press(page, "e"); await sheet(page, "Export and share"); }],
  ["login", "/#/login", (page) => page.getByRole("heading", { name: "Log in" }).waitFor()],
  ["login-wrong", null, async (page) => {
    await page.getByLabel("E-mail").fill("ringo@example.com");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.locator(".problem").waitFor();
  }],
  ["register", "/#/register", (page) => page.getByRole("heading", { name: "Make an account" }).waitFor()],
  ["register-wrong", null, async (page) => {
    await page.getByLabel("E-mail").fill("nobody");
    await page.getByLabel(/^Password/).fill("short");
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.locator(".field-problem:not([hidden])").first().waitFor();
  }],
  ["api", "/#/api", (page) => page.locator("h1").waitFor()],
  ["no-such-page", "/#/nowhere", (page) => page.locator(".problem").waitFor()],
  ["shared", link, ready],
  ["shared-dead", "/s/no-such-link", (page) => page.locator(".problem").waitFor()],
];

/** What somebody sees who is logged in. */
const owners = ({ long, silent, sound }) => [
  ["library", "/#/library", (page) => page.locator(".piece", { hasText: "shuffle" }).getByText(/strokes/).waitFor()],
  ["library-nothing-found", null, async (page) => {
    await page.getByLabel("Search the library").fill("nothing of that name");
    await page.getByRole("heading", { name: "Nothing found" }).waitFor();
  }],
  ["trash-empty", null, async (page) => {
    await page.getByLabel("Search the library").fill("");
    await page.getByRole("tab", { name: "Trash" }).click();
    await page.getByRole("heading", { name: "The trash is empty" }).waitFor();
  }],
  ["upload-refused", null, async (page) => {
    await page.getByRole("tab", { name: "Pieces" }).click();
    await page.locator("input[aria-label='Choose a file']").setInputFiles({ name: "notes.docx", mimeType: "application/msword", buffer: Buffer.from("x") });
    await page.getByText("Files that end in .docx are not read here.").waitFor();
  }],
  ["progress-failed", `/#/progress/${silent}`, (page) => page.locator(".problem, .card .button").first().waitFor()],
  ["desk-sound-alone", `/#/desk/${sound}`, ready],
  ["desk", `/#/desk/${long}`, ready],
  ["desk-note", null, (page) => noteAt(page, 30)],
  ["desk-palette", null, async (page) => { await press(page, "i"); await page.locator(".palette").waitFor(); }],
  ["desk-doubt", null, async (page) => { await press(page, "Escape"); await press(page, "n"); await page.locator(".doubt-card").waitFor(); await press(page, " "); }],
  ["desk-loop", null, async (page) => { await press(page, "Escape"); await press(page, "l"); await press(page, "x"); }],
  ["desk-view", null, async (page) => {
    await press(page, "l");
    await page.getByRole("button", { name: "View: pages, level, timing" }).click();
    await page.getByRole("radio", { name: "2: The groove in eighths" }).check({ force: true });
    await page.getByText("Level 2 of 5").waitFor();
  }],
  ["desk-pages", null, async (page) => {
    await page.getByRole("radio", { name: "5: Everything that was played" }).check({ force: true });
    await page.getByRole("radio", { name: "Pages" }).check({ force: true });
    await page.locator(".score-scroll.paged").waitFor();
    await page.getByText("Level 2 of 5").waitFor({ state: "detached" });
    await press(page, "Escape");
  }],
  ["desk-change", null, async (page) => {
    await page.getByRole("button", { name: "View: pages, level, timing" }).click();
    await page.getByRole("radio", { name: "Scroll" }).check({ force: true });
    await page.locator(".score-scroll:not(.paged)").waitFor();
    await press(page, "Escape");
    await page.getByRole("button", { name: "Change notes and beat" }).click();
    await sheet(page, "Change notes and beat");
  }],
  ["desk-half", null, async (page) => { await away(page); await press(page, "h"); await sheet(page, "Half the tempo"); }],
  ["desk-meter", null, async (page) => { await away(page); await press(page, "m"); await sheet(page, /^Meter from bar/); }],
  ["desk-versions", null, async (page) => {
    await away(page);
    await page.getByRole("button", { name: "Versions" }).click();
    await page.getByText("What the machine heard").waitFor();
  }],
  ["desk-export", null, async (page) => {
    await away(page);
    await press(page, "e");
    await page.getByRole("button", { name: "Make a link" }).waitFor();
    await page.locator(".shares li").first().waitFor();
  }],
  ["account", "/#/account", (page) => page.getByRole("heading", { name: "Account" }).waitFor()],
];
const admins = () => [
  ["admin", "/#/admin", async (page) => {
    await page.getByRole("cell", { name: "ringo@example.com", exact: true }).waitFor();
    await page.getByRole("region", { name: "Jobs" }).waitFor();
  }],
  ["account-delete", "/#/account", async (page) => {
    await page.getByRole("button", { name: "Delete the account" }).click();
    await sheet(page, "Delete this account?");
  }],
];
const newcomers = () => [["library-empty", "/#/library", (page) => page.getByRole("heading", { name: "No piece yet" }).waitFor()]];

/** Who sees which states: an account, or none, and its states. */
export const WALKS = [[null, strangers], ["ringo@example.com", owners], ["moe@example.com", newcomers], ["admin@example.com", admins]];

/** Goes through states; each fits, is kept as a picture, and has nothing serious for axe. */
export async function walk(page, states, where) {
  for (const [name, address, act] of states) {
    const what = `${name}-${where}`;
    try {
      if (address) {
        // A desk that is left behind is not the one to wait for.
        await page.evaluate(() => document.querySelector("bb-desk")?.removeAttribute("data-ready"));
        await page.goto(address);
      }
      await act(page);
      await fits(page, what);
      await shot(page, what);
      await accessible(page, what);
    } catch (error) {
      await shot(page, `${what}-WRONG`);
      throw Object.assign(error, { message: `${what}: ${error.message}` });
    }
  }
}
