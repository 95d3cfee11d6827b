// Calls to the server: one function, one kind of error.

import { session } from "./session.js";

/** What the server refused, in its own words. */
export class Problem extends Error {
  constructor(status, body, retryAfterS) {
    const listed = Array.isArray(body?.detail);
    const detail = listed ? body.detail.map((field) => `${field.loc.at(-1)}: ${field.msg}`).join(". ") : body?.detail;
    super(detail ?? "The server gave no answer that this page understands.");
    this.status = status;
    this.code = body?.code ?? "unknown";
    this.hint = body?.hint ?? (listed ? "Correct it and try again." : "");
    this.fields = listed ? body.detail.map((field) => ({ name: field.loc.at(-1), message: field.msg })) : [];
    this.requestId = status >= 500 ? body?.request_id : undefined;
    this.retryAfterS = retryAfterS;
  }
}

/** The server could not be reached at all. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer.");
    this.code = "unreachable";
    this.hint = "Is it running, and is this device connected? Nothing is lost; try again.";
    this.status = 0;
  }
}

async function send(method, path, { json, form, body, headers = {}, signal } = {}) {
  const all = new Headers(headers);
  const token = await session.token();
  if (token) all.set("authorization", `Bearer ${token}`);
  if (!all.has("accept")) all.set("accept", "application/json");
  let payload = body;
  if (json !== undefined) {
    all.set("content-type", "application/json");
    payload = JSON.stringify(json);
  } else if (form) {
    payload = new URLSearchParams(form);
  }
  try {
    return await fetch(path, { method, headers: all, body: payload, signal, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
}

async function refusal(response) {
  const body = await response.json().catch(() => null);
  return new Problem(response.status, body, Number(response.headers.get("retry-after")) || undefined);
}

/** The raw answer of a call that succeeded. A token that ran out meanwhile is renewed once. */
export async function call(method, path, options = {}) {
  let response = await send(method, path, options);
  if (response.status === 401 && session.known() && !options.once) {
    if (await session.renew()) response = await send(method, path, options);
  }
  if (response.status === 401 && session.known()) session.end();
  if (!response.ok) throw await refusal(response);
  return response;
}

async function answer(response) {
  if (response.status === 204) return null;
  return (response.headers.get("content-type") ?? "").includes("json") ? response.json() : null;
}

export const api = {
  get: async (path, options) => answer(await call("GET", path, options)),
  post: async (path, json, options) => answer(await call("POST", path, { json, ...options })),
  put: async (path, json, options) => answer(await call("PUT", path, { json, ...options })),
  patch: async (path, json, options) => answer(await call("PATCH", path, { json, ...options })),
  delete: async (path, options) => answer(await call("DELETE", path, options)),
  text: async (path, options) => (await call("GET", path, { headers: { accept: "*/*" }, ...options })).text(),
  bytes: async (path, options) => (await call("GET", path, { headers: { accept: "*/*" }, ...options })).arrayBuffer(),
};

let factsAsked;

/** What the server says about itself to everybody: limits, instruments, formats. */
export function facts() {
  factsAsked ??= api.get("/studio/facts.json").catch((error) => { factsAsked = undefined; throw error; });
  return factsAsked;
}

/**
 * Reads a stream of server-sent events until it ends. `on(name, data)` is called for each; gives the id of the last one,
 * so that a broken connection can be taken up again.
 */
export async function events(path, on, { signal, lastId } = {}) {
  const headers = { accept: "text/event-stream" };
  if (lastId) headers["last-event-id"] = lastId;
  const response = await call("GET", path, { headers, signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let id = lastId;
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return id;
    rest += value;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      let name = "message";
      const data = [];
      for (const line of block.split(/\r?\n/)) {
        const at = line.indexOf(":");
        const field = at < 0 ? line : line.slice(0, at);
        const text = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
        if (field === "event") name = text;
        else if (field === "data") data.push(text);
        else if (field === "id") id = text;
      }
      if (data.length > 0) on(name, JSON.parse(data.join("\n")), id);
    }
  }
}
