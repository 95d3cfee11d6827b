// Files on their way to the server: looked at before anything is sent, then sent in parts that survive a lost connection
// (tus 1.0, the same file is recognised and goes on where it was).

import { api, call, facts, Problem, Unreachable } from "./api.js";
import { bytes, clock, stem } from "./words.js";

const KEY = "backbeat.upload.";
const PART_BYTES = 4 * 1024 * 1024;
const PAUSES_MS = [500, 1500, 4000, 8000, 15_000, 30_000];
const VERSION = { "tus-resumable": "1.0.0" };

/** A refusal of ours, in the form of the server's. */
const refuse = (message, hint) => Object.assign(new Error(message), { hint, code: "checked_here" });

/** Length of a recording in seconds, as far as this browser can tell; null where it cannot. */
function lengthOf(file) {
  return new Promise((resolve) => {
    const player = document.createElement("video");
    const url = URL.createObjectURL(file);
    const end = (seconds) => { clearTimeout(patience); URL.revokeObjectURL(url); player.src = ""; resolve(seconds); };
    const patience = setTimeout(() => end(null), 4000);
    player.preload = "metadata";
    player.onloadedmetadata = () => end(Number.isFinite(player.duration) ? player.duration : null);
    player.onerror = () => end(null);
    player.src = url;
  });
}

/** Says no before a byte is sent, where the server would say no afterwards. */
export async function check(file) {
  const known = await facts();
  const ending = file.name.split(".").at(-1).toLowerCase();
  if (file.size === 0) throw refuse("The file is empty.", "Was the recording still being saved? Choose it again.");
  if (!known.extensions.includes(ending)) {
    throw refuse(`Files that end in .${ending.slice(0, 12)} are not read here.`, `Taken are ${known.extensions.join(", ")}.`);
  }
  if (file.size > known.max_video_size_mb * 1_048_576) {
    throw refuse(`${bytes(file.size)}; this server takes up to ${known.max_video_size_mb} MB.`,
      "Cut it, or export it with a lower picture quality: only the sound is needed.");
  }
  const seconds = await lengthOf(file);
  if (seconds !== null && seconds > known.audio_s_max) {
    throw refuse(`${clock(seconds)} min; this server takes up to ${clock(known.audio_s_max)}.`, "Cut out the passage you want to see.");
  }
  return { seconds };
}

const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** One file on its way. Events: "change". States: checking, sending, waiting, paused, done, failed. */
export class Upload extends EventTarget {
  constructor(file) {
    super();
    this.file = file;
    this.name = stem(file.name);
    this.sent = 0;
    this.state = "checking";
    this.key = `${KEY}${file.name}|${file.size}|${file.lastModified}`;
  }

  set(state, values = {}) {
    Object.assign(this, values, { state });
    this.dispatchEvent(new Event("change"));
  }

  /** Sends the file; gives the id of the video, null when it was paused or failed. */
  async run() {
    this.stopper = new AbortController();
    this.began = { at: performance.now(), sent: this.sent };
    try {
      this.set("checking");
      await check(this.file);
      const videoId = await this.send();
      localStorage.removeItem(this.key);
      this.set("done", { videoId, sent: this.file.size });
      return videoId;
    } catch (error) {
      if (error.name === "AbortError") return null;
      this.set("failed", { problem: error });
      return null;
    }
  }

  pause() {
    this.stopper.abort();
    this.set("paused");
  }

  /** Gives it up and lets the server forget the part it has. */
  async drop() {
    this.stopper?.abort();
    const url = localStorage.getItem(this.key);
    localStorage.removeItem(this.key);
    if (url) await call("DELETE", url, { headers: VERSION }).catch(() => null);
  }

  /** Seconds that are left, once there is something to reckon with. */
  get leftS() {
    const took = (performance.now() - this.began.at) / 1000;
    const went = this.sent - this.began.sent;
    return took > 3 && went > 0 ? ((this.file.size - this.sent) * took) / went : null;
  }

  async send() {
    let url = await this.known();
    url ??= await this.create();
    for (let tries = 0; ;) {
      if (this.sent >= this.file.size && this.videoId) return this.videoId;
      this.set("sending");
      try {
        await this.part(url);
        tries = 0;
      } catch (error) {
        const passing = error instanceof Unreachable || error.status === 429 || error.status >= 500 || error.status === 409;
        if (!passing || tries >= PAUSES_MS.length) throw error;
        this.set("waiting");
        await this.wait(PAUSES_MS[tries]);
        tries += 1;
        await this.ask(url).catch(() => null);
      }
    }
  }

  wait(ms) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(done, ms);
      const stop = () => { clearTimeout(timer); reject(new DOMException("paused", "AbortError")); };
      function done() { removeEventListener("online", done); resolve(); }
      addEventListener("online", done, { once: true });
      this.stopper.signal.addEventListener("abort", stop, { once: true });
    });
  }

  /** The address of the same file's upload from before, if the server still has it. */
  async known() {
    const url = localStorage.getItem(this.key);
    if (!url) return null;
    try {
      await this.ask(url);
      return url;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      localStorage.removeItem(this.key);
      this.sent = 0;
      return null;
    }
  }

  async ask(url) {
    const response = await call("HEAD", url, { headers: VERSION, signal: this.stopper.signal });
    this.sent = Number(response.headers.get("upload-offset"));
    this.videoId = response.headers.get("backbeat-video-id") ?? this.videoId;
  }

  async create() {
    const headers = { ...VERSION, "upload-length": String(this.file.size), "upload-metadata": `filename ${encoded(this.file.name)}` };
    const response = await call("POST", "/uploads", { headers, signal: this.stopper.signal });
    const url = new URL(response.headers.get("location"), location.href).pathname;
    localStorage.setItem(this.key, url);
    return url;
  }

  async part(url) {
    const body = this.file.slice(this.sent, this.sent + PART_BYTES);
    const headers = { ...VERSION, "content-type": "application/offset+octet-stream", "upload-offset": String(this.sent) };
    const response = await call("PATCH", url, { headers, body, signal: this.stopper.signal });
    this.videoId = response.headers.get("backbeat-video-id") ?? this.videoId;
    this.set("sending", { sent: Number(response.headers.get("upload-offset")) });
  }
}

/** Starts everything that turns a video into a score. */
export const transcribe = (videoId) => api.post(`/videos/${videoId}/generate-notation`);

/** Files that somebody chose before there was an account; sent once there is one. */
export const chosen = { files: [] };
