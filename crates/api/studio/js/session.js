// Who is logged in. Tokens stay in this browser and travel in a header, never in an address; what a <video> or <img> asks
// for carries the cookie that the server set at log-in and that no script can read.

import { Problem, Unreachable } from "./api.js";

const KEY = "backbeat.session";
const EARLY_S = 30;
/** While a page is open its token, and with it the cookie of the video, is renewed so long before it ends. */
const FRESH_S = 300;

const watchers = new Set();
let account = null;

const read = () => JSON.parse(localStorage.getItem(KEY) ?? "null");

function keep(login) {
  const until = Date.now() / 1000 + login.expires_in;
  const before = read();
  localStorage.setItem(KEY, JSON.stringify({
    access: login.access_token, refresh: login.refresh_token ?? before?.refresh ?? null, until,
  }));
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { method: "POST", credentials: "same-origin", ...options });
  } catch {
    throw new Unreachable();
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, body, Number(response.headers.get("retry-after")) || undefined);
  return body;
}

const asJson = (value) => ({ body: JSON.stringify(value), headers: { "content-type": "application/json" } });

export const session = {
  known: () => read() !== null,

  /** The access token, renewed first when it is about to run out; null for strangers. */
  async token() {
    const kept = read();
    if (!kept) return null;
    if (kept.until - EARLY_S > Date.now() / 1000) return kept.access;
    return (await this.renew()) ? read().access : null;
  },

  /** Renews what is about to run out, so that a video plays on. */
  async freshen() {
    const kept = read();
    if (kept?.refresh && kept.until - FRESH_S < Date.now() / 1000) await this.renew().catch(() => null);
  },

  /** Gets a new access token. One window at a time: a refresh token is good for one use. */
  renew() {
    const before = read();
    return navigator.locks.request("backbeat.renew", async () => {
      const kept = read();
      if (!kept) return false;
      if (before && kept.access !== before.access) return true;
      if (!kept.refresh) return false;
      try {
        keep(await ask("/users/refresh?session=cookie", asJson({ refresh_token: kept.refresh })));
        return true;
      } catch (error) {
        if (error instanceof Unreachable) throw error;
        this.end();
        return false;
      }
    });
  },

  async register(email, password) {
    await ask("/users/register", asJson({ email, password }));
    await this.login(email, password);
  },

  async login(email, password) {
    keep(await ask("/users/login?session=cookie", { body: new URLSearchParams({ username: email, password }) }));
    account = null;
    this.tell();
  },

  async logout() {
    const kept = read();
    const { api } = await import("./api.js");
    await api.post("/users/logout?session=cookie", { refresh_token: kept?.refresh }).catch(() => null);
    this.end();
  },

  /** Forgets who was logged in, here and in other windows. */
  end() {
    localStorage.removeItem(KEY);
    account = null;
    this.tell();
  },

  /** The account, asked for once. */
  async account() {
    if (!this.known()) return null;
    const { api } = await import("./api.js");
    account ??= await api.get("/users/me");
    return account;
  },

  isAdmin: (user) => (user?.roles ?? []).some((role) => role.name === "admin"),

  watch(watcher) { watchers.add(watcher); },
  tell() { watchers.forEach((watcher) => watcher()); },
};

addEventListener("storage", (event) => { if (event.key === KEY) { account = null; session.tell(); } });
