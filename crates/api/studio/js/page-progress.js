// How far a clip is on its way to a score: five steps, one bar, the strokes as they are found. Nobody has to stay.

import { api, events, facts } from "./api.js";
import { announce, bar, fill, h, problemBlock } from "./dom.js";
import { runningJob } from "./page-library.js";
import { about, count, stageName, STEPS, stem } from "./words.js";
import "./wave-view.js";

const LOOK_MS = 1000;
/** No estimate before so many seconds, and none before so much is done. */
const PATIENCE_S = 8;
const ENOUGH = 0.06;

class Progress {
  constructor(main, videoId, known) {
    Object.assign(this, { main, videoId, done: 0, step: -1, hits: [], stopper: new AbortController() });
    this.pieces = new Map(known.instruments.map((one) => [one.id, one.piece]));
    this.number = h("span.big-number.numbers", {}, "0 %");
    this.words = h("span", {});
    this.left = h("span.numbers", {});
    this.found = h("span.numbers", {});
    this.barPlace = h("div", {});
    this.steps = h("ol.steps", {}, STEPS.map((name) => h("li", {}, capital(name))));
    this.wave = document.createElement("bb-wave");
    this.problem = h("div", {});
    this.note = h("p.soft", {}, "You can leave this page; the work goes on. ", h("a", { href: "#/library" }, "To the library"));
    this.body = h("div.card", {}, h("div.progress-line", {}, h("div", {}, this.number), h("div", {}, this.words)), this.barPlace, this.steps,
      h("div.progress-line", {}, this.left, this.found));
  }

  async start() {
    const video = await api.get(`/videos/${this.videoId}`);
    this.video = video;
    const name = video.title || stem(video.filename);
    document.title = `${name} - Backbeat`;
    fill(this.main, h("div.page", {}, h("header.page-head", {}, h("h1", {}, name)), this.problem, this.body,
      h("div.progress-wave", {}, this.wave),
      this.note));
    this.showWave();
    await this.look();
    this.follow();
  }

  showWave() {
    this.wave.show({ waveform: this.waveform ?? null, strokes: this.hits, duration: this.video.duration_seconds ?? 1, lanes: ["cymbal", "ride", "hihat", "tom", "snare", "kick"] });
    if (this.waveform || this.asking) return;
    this.asking = true;
    api.get(`/videos/${this.videoId}/waveform`).then((waveform) => { this.waveform = waveform; this.showWave(); }).catch(() => { this.asking = false; });
  }

  /** The stream brings strokes while they are found; asking now and then makes sure that nothing is missed. */
  async follow() {
    let lastId;
    while (!this.stopper.signal.aborted && !this.ended) {
      try {
        lastId = await events(`/videos/${this.videoId}/events`, (name, data) => this.heard(name, data), { signal: this.stopper.signal, lastId });
      } catch (error) {
        if (error.name === "AbortError") return;
      }
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MS); });
      if (!this.stopper.signal.aborted && !this.ended) await this.look().catch(() => null);
    }
  }

  heard(name, data) {
    if (name === "hits") {
      for (const hit of data.hits) {
        this.hits.push({ time_s: hit.time_s, piece: this.pieces.get(hit.instrument) ?? "percussion", velocity: hit.velocity });
      }
      this.found.textContent = count(this.hits.length, "stroke");
      this.showWave();
    } else if (name === "progress") {
      this.show(data);
    } else if (name === "end") {
      this.look().catch(() => null);
    }
  }

  async look() {
    const status = await api.get(`/videos/${this.videoId}/processing-status`);
    const running = runningJob(status);
    if (running) return this.show(running);
    if (status.has_notation) return this.finish();
    const failed = status.stages.find((stage) => stage.status === "failed");
    if (failed) return this.failed(failed, status);
    this.show({ status: "pending", progress: 0 });
    return this.offer();
  }

  show(job) {
    fill(this.problem);
    this.began ??= Date.parse(job.started_at ?? new Date().toISOString());
    // It never runs backwards, whatever a second attempt says.
    this.done = Math.max(this.done, Math.min(0.99, (job.progress ?? 0) / 100));
    this.step = Math.max(this.step, STEPS.indexOf(stageName(job.stage)));
    const name = this.step >= 0 ? STEPS[this.step] : stageName("pending");
    this.number.textContent = `${Math.round(this.done * 100)} %`;
    this.words.textContent = capital(name);
    fill(this.barPlace, bar(this.done, "Progress"));
    [...this.steps.children].forEach((item, index) => {
      item.className = index < this.step ? "done" : index === this.step ? "now" : "";
      if (index === this.step) item.setAttribute("aria-current", "step");
      else item.removeAttribute("aria-current");
    });
    if (this.said !== name) { this.said = name; announce(capital(name)); }
    const took = (Date.now() - this.began) / 1000;
    this.left.textContent = took > PATIENCE_S && this.done > ENOUGH ? `${capital(about((took / this.done) * (1 - this.done)))} left` : "";
  }

  finish() {
    this.ended = true;
    this.stopper.abort();
    location.replace(`#/desk/${this.videoId}`);
  }

  offer() {
    this.ended = true;
    this.idle(true);
    fill(this.problem, h("div.card", {}, h("p", {}, "This clip is not written down yet."),
      h("div", {}, h("button.button", { type: "button", onclick: () => this.again(() => api.post(`/videos/${this.videoId}/generate-notation`)) }, "Write it down"))));
  }

  /** Hides what moves while nothing does. */
  idle(yes) {
    for (const one of [this.body, this.wave.parentElement, this.note]) one.hidden = yes;
  }

  failed(stage, status) {
    this.ended = true;
    const job = status.jobs.find((one) => one.id === stage.job_id);
    const cancelled = stage.error_code === "cancelled";
    const hint = cancelled ? "Nothing was lost; it can be started again." : job?.error_hint ?? HINTS[stage.error_code] ?? "Try it again. If it fails the same way, another take or another format may help.";
    const problem = { message: cancelled ? "The work was cancelled." : stage.error_message ?? "It did not work out.", hint };
    [...this.steps.children].forEach((item, index) => { item.className = index < this.step ? "done" : index === Math.max(0, this.step) ? "failed" : ""; });
    fill(this.problem, problemBlock(problem,
      h("button.button.compact", { type: "button", onclick: () => this.again(() => api.post(`/jobs/${stage.job_id}/retry`)) }, "Try again"),
      h("a.button.quiet.compact", { href: "#/library" }, "To the library")));
    announce(`${problem.message} ${problem.hint}`);
  }

  async again(act) {
    try {
      await act();
      this.idle(false);
      Object.assign(this, { ended: false, done: 0, step: -1, began: undefined, hits: [], stopper: new AbortController() });
      await this.look();
      this.follow();
    } catch (error) {
      fill(this.problem, problemBlock(error, h("a.button.quiet.compact", { href: "#/library" }, "To the library")));
    }
  }
}

const HINTS = {
  no_drums_found: "Was it very quiet, or another instrument? A phone one metre from the kit usually helps.",
  media_no_audio: "Notation is written from sound. Check the export settings of your editor.",
  media_codec_unsupported: "Convert it to MP4 with AAC sound, for example in your phone's gallery.",
  media_truncated: "The recording or the upload was cut off. Send the file again.",
};

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export default async function page({ main, argument }) {
  const progress = new Progress(main, argument, await facts());
  await progress.start();
  return { leave: () => progress.stopper.abort() };
}
