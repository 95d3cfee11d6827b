// Starts the page: colours, head, addresses, service worker.
//
// Addresses follow the #: "#/library", "#/desk/<video>". The one exception is "/s/<token>", a link that somebody gave.

import { announce, fill, h, iconButton, mark, problemBlock } from "./dom.js";
import { helpDialog } from "./help.js";
import { applyTheme, switchTheme, theme } from "./preferences.js";
import { session } from "./session.js";

applyTheme();

const ROUTES = {
  "": () => import("./page-start.js"),
  login: () => import("./page-account.js"),
  register: () => import("./page-account.js"),
  account: () => import("./page-account.js"),
  library: () => import("./page-library.js"),
  progress: () => import("./page-progress.js"),
  desk: () => import("./page-desk.js"),
  groove: () => import("./page-groove.js"),
  api: () => import("./page-api.js"),
  admin: () => import("./page-admin.js"),
};
/** Who is not logged in may see these; everything else asks for the account first. */
const OPEN = new Set(["", "login", "register", "api", "groove"]);

const main = document.getElementById("main");
let leave = null;
let shown = 0;

function place() {
  const shared = /^\/s\/([^/]+)\/?$/.exec(location.pathname);
  if (shared) return { name: "shared", argument: decodeURIComponent(shared[1]) };
  const [name = "", argument = ""] = location.hash.replace(/^#\/?/, "").split("/");
  return { name, argument: decodeURIComponent(argument) };
}

/** Shows the page of the address. */
async function show() {
  const turn = ++shown;
  const { name, argument } = place();
  if (name in ROUTES && !OPEN.has(name) && !session.known()) {
    sessionStorage.setItem("backbeat.after", location.hash);
    location.replace("#/login");
    return;
  }
  const load = name === "shared" ? () => import("./page-shared.js") : ROUTES[name];
  leave?.();
  leave = null;
  main.className = "";
  document.querySelectorAll("dialog[open]").forEach((box) => box.close());
  fill(document.getElementById("toasts"));
  head(name);
  try {
    if (!load) {
      throw Object.assign(new Error("There is no such page."), { final: true,
        hint: session.known() ? "The link may be old. The library has everything of yours." : "The link may be old, or a part of it was lost." });
    }
    const { default: page } = await load();
    if (turn !== shown) return;
    const built = await page({ name, argument, main });
    if (turn !== shown) { built?.leave?.(); return; }
    leave = built?.leave ?? null;
  } catch (error) {
    if (turn !== shown) return;
    const on = session.known() ? h("a.button.quiet.compact", { href: "#/library" }, "To the library")
      : h("a.button.quiet.compact", { href: "#/" }, "To the start page");
    fill(main, h("div.page", {}, problemBlock(error,
      error.final ? null : h("button.button.quiet.compact", { type: "button", onclick: show }, "Try again"), on)));
    console.error(error);
  }
  if (turn > 1) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
    announce(document.title);
  }
}

async function head(name) {
  const top = document.getElementById("top");
  const link = (target, text, names, kind = "") => h(kind ? `a.${kind}` : "a", { href: `#/${target}`, "aria-current": names.includes(name) ? "page" : null }, text);
  const colours = iconButton(theme() === "dark" ? "sun" : "moon", theme() === "dark" ? "Light colours" : "Dark colours", {
    key: "T", onclick: () => { switchTheme(); head(name); },
  });
  const build = (user) => {
    const links = name === "shared" ? [] : session.known()
      ? [link("library", "Library", ["library", "desk", "progress"]), session.isAdmin(user) ? link("admin", "Admin", ["admin"]) : null, link("account", "Account", ["account"])]
      : [link("login", "Log in", ["login"]), link("register", "Make an account", ["register"], "wide-only")];
    fill(top, h("a.wordmark", { href: name === "shared" ? "/" : "#/", "aria-label": "Backbeat, start page" }, mark(), h("span.wordmark-text", {}, "Backbeat")),
      h("nav", { "aria-label": "Pages" }, links, colours));
  };
  build(null);
  if (session.known()) {
    const user = await session.account().catch(() => null);
    if (session.isAdmin(user) && place().name === name) build(user);
  }
}

addEventListener("hashchange", show);
session.watch(() => {
  const { name } = place();
  if (!session.known() && !OPEN.has(name) && name !== "shared") show();
  else head(name);
});
setInterval(() => session.freshen(), 60_000);
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type='range']), select, textarea, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "t") { switchTheme(); head(place().name); }
  if (event.key === "?" && !document.querySelector("bb-desk")) helpDialog(false);
});
// A file that misses its field must not replace the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

show();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => null);
