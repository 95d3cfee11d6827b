// Everything somebody has sent: the shelf, the trash, and what is on its way.

import { api } from "./api.js";
import { bar, confirmed, fill, h, icon, iconButton, problemBlock, toast } from "./dom.js";
import { dropField } from "./drop-field.js";
import { chosen, transcribe, Upload } from "./uploads.js";
import { about, bytes, clock, count, day, stageName, stem } from "./words.js";

const LOOK_MS = 2500;
const PER_PAGE = 50;
const SCORES = 100;
/** Uploads outlive a look at another page. */
const underway = [];

class Library {
  constructor(main) {
    this.main = main;
    this.trash = false;
    this.search = "";
    this.page = 1;
    this.statuses = new Map();
    /** Facts of the newest score of each video. */
    this.scores = new Map();
    this.shelf = h("ul.shelf", { "aria-label": "Pieces" });
    this.rest = h("div.actions", {});
    this.uploads = h("div.uploads", { "aria-live": "polite" });
    this.usage = h("div.usage", {});
    this.build();
  }

  build() {
    const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search the library" });
    let waiting;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { this.search = search.value.trim(); this.page = 1; this.load(); }, 250);
    });
    const tab = (name, trash) => h("button", {
      type: "button", role: "tab", "aria-selected": String(this.trash === trash), "aria-controls": "shelf-panel",
      onclick: (event) => {
        this.trash = trash;
        for (const one of event.currentTarget.parentElement.children) one.setAttribute("aria-selected", String(one === event.currentTarget));
        this.page = 1;
        this.load();
      },
    }, name);
    fill(this.main, h("div.page", {},
      h("header.page-head", {}, h("h1", {}, "Library"), this.usage),
      dropField((files) => this.take(files), { title: "Another clip" }), this.uploads,
      h("div.tools-line", {}, h("div.tabs", { role: "tablist", "aria-label": "Shelf or trash" }, tab("Pieces", false), tab("Trash", true)),
        h("div.search", {}, icon("search"), search)),
      h("div", { id: "shelf-panel", role: "tabpanel" }, this.shelf, this.rest)));
    for (const upload of underway) this.showUpload(upload);
    if (chosen.files.length > 0) {
      this.take(chosen.files);
      chosen.files = [];
    }
  }

  /** Tempo, meter and bars; the list does without them until they are there. */
  async readScores() {
    const { notations } = await api.get(`/notation/?per_page=${SCORES}`);
    const newestLast = [...notations].sort((a, b) => a.updated_at.localeCompare(b.updated_at));
    for (const notation of newestLast) if (notation.video_id) this.scores.set(notation.video_id, notation);
  }

  async load({ more = false } = {}) {
    const query = new URLSearchParams({ page: String(this.page), per_page: String(PER_PAGE) });
    if (this.search) query.set("search", this.search);
    if (this.trash) query.set("deleted", "true");
    try {
      const [answer] = await Promise.all([api.get(`/videos/my-videos?${query}`), this.readScores().catch(() => null)]);
      this.videos = more ? [...this.videos, ...answer.videos] : answer.videos;
      this.pages = answer.pages;
      this.show();
    } catch (error) {
      fill(this.shelf, h("li", {}, problemBlock(error, h("button.button.quiet.compact", { type: "button", onclick: () => this.load() }, "Try again"))));
    }
    if (!this.trash) this.look();
    this.showUsage();
  }

  show() {
    if (this.videos.length === 0) {
      fill(this.shelf, h("li.empty", {}, this.emptyWords()));
    } else {
      fill(this.shelf, this.videos.map((video) => this.row(video)));
    }
    const left = this.page < this.pages;
    fill(this.rest, left ? h("button.button.quiet", { type: "button", onclick: () => { this.page += 1; this.load({ more: true }); } }, "More") : null);
  }

  emptyWords() {
    if (this.search) return [h("h2", {}, "Nothing found"), h("p", {}, `No piece has "${this.search}" in its name.`)];
    if (this.trash) return [h("h2", {}, "The trash is empty"), h("p", {}, "What you throw away can be brought back from here.")];
    return [h("h2", {}, "No piece yet"), h("p", {}, "Drop a clip above. A phone a few steps from the kit is good enough.")];
  }

  row(video) {
    const name = video.title || stem(video.filename);
    const status = this.statuses.get(video.id);
    const target = status && !status.has_notation ? "progress" : "desk";
    const thumb = h("div.thumb", { "aria-hidden": "true" });
    if (this.trash || video.width === null) thumb.append(icon("note"));
    else thumb.append(h("img", { src: `/videos/${video.id}/thumbnail`, alt: "", loading: "lazy", onerror: () => fill(thumb, icon("note")) }));
    const score = this.trash ? null : this.scores.get(video.id);
    const music = score ? [score.tempo ? `${Math.round(score.tempo)} BPM` : null, score.time_signature, count(score.measures, "bar")].filter(Boolean) : [];
    const facts = h("div.piece-facts.numbers", {}, music.length > 0 ? h("span.music", {}, music.join(" · ")) : null,
      video.duration_seconds ? h("span", {}, `${clock(video.duration_seconds)} min`) : null, this.statusWords(status),
      h("span", {}, day(video.created_at)), h("span.wide-only", {}, bytes(video.size_bytes)));
    const line = h("h2.piece-name", {}, this.trash ? name : h("a", { href: `#/${target}/${video.id}` }, name));
    const tools = this.trash
      ? [iconButton("restore", `Bring back ${name}`, { onclick: () => this.restore(video, name) }), iconButton("trash", `Delete ${name} for good`, { onclick: () => this.erase(video, name) })]
      : [iconButton("trash", `Throw away ${name}`, { onclick: () => this.discard(video, name) })];
    return h("li.piece", { "data-id": video.id }, thumb, h("div", {}, line, facts, this.statusBar(status)), h("div.piece-tools", {}, tools));
  }

  statusWords(status) {
    if (!status) return null;
    const job = runningJob(status);
    if (job) return h("span.now", {}, stageName(job.stage));
    const failed = status.stages.find((stage) => stage.status === "failed");
    if (failed && !status.has_notation) return h("span.bad", {}, failed.error_message ?? "did not work out");
    if (status.has_notation) return status.detected_events ? h("span", {}, count(status.detected_events, "stroke")) : null;
    return h("span", {}, "not written yet");
  }

  statusBar(status) {
    const job = status && runningJob(status);
    return job ? bar(job.progress / 100, "Progress") : null;
  }

  /** Asks how far each is, again while something runs. */
  async look() {
    clearTimeout(this.looking);
    const open = this.videos?.filter(({ id }) => {
      const known = this.statuses.get(id);
      return !known || runningJob(known);
    }) ?? [];
    for (const { id } of open.slice(0, 30)) {
      const status = await api.get(`/videos/${id}/processing-status`).catch(() => null);
      if (!this.main.contains(this.shelf)) return;
      if (status) this.statuses.set(id, status);
    }
    if (this.trash) return;
    if (open.length > 0) this.show();
    const running = [...this.statuses.values()].some(runningJob);
    if (running) this.looking = setTimeout(() => this.look(), LOOK_MS);
  }

  async showUsage() {
    const usage = await api.get("/videos/stats/my-usage").catch(() => null);
    if (!usage) return;
    fill(this.usage, h("span.numbers", {}, `${bytes(usage.total_size_bytes)} of ${bytes(usage.storage_quota_bytes)} used`),
      bar(usage.storage_used_percentage / 100, "Storage used"));
  }

  take(files) { files.forEach((file) => this.send(new Upload(file))); }

  async send(upload) {
    underway.push(upload);
    this.showUpload(upload);
    await this.run(upload);
  }

  async run(upload) {
    const videoId = await upload.run();
    if (!videoId) return;
    underway.splice(underway.indexOf(upload), 1);
    try {
      await transcribe(videoId);
    } catch (error) {
      toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad", seconds: 12 });
    }
    upload.line?.remove();
    const here = location.hash.startsWith("#/library");
    if (here && underway.length === 0) location.hash = `#/progress/${videoId}`;
    else if (here) this.load();
  }

  showUpload(upload) {
    const line = h("div.upload");
    upload.line = line;
    const drop = async () => {
      await upload.drop();
      const at = underway.indexOf(upload);
      if (at >= 0) underway.splice(at, 1);
      line.remove();
    };
    const show = () => {
      const { state, sent, file } = upload;
      const part = file.size > 0 ? sent / file.size : 0;
      const left = state === "sending" && upload.leftS ? `, ${about(upload.leftS)} left` : "";
      const words = {
        checking: "Looking at the file", sending: `${bytes(sent)} of ${bytes(file.size)}${left}`, paused: `Paused at ${bytes(sent)}`,
        waiting: `The connection is gone. ${bytes(sent)} are there; trying again`, done: "Sent", failed: "",
      }[state];
      const again = h("button.button.compact", { type: "button", onclick: () => this.run(upload) }, state === "paused" ? "Go on" : "Try again");
      const act = state === "paused" ? again
        : state === "sending" || state === "waiting" ? h("button.button.quiet.compact", { type: "button", onclick: () => upload.pause() }, "Pause") : null;
      fill(line, h("div.upload-line", {}, h("strong", {}, file.name), h("div.desk-tools", {}, act, state === "done" ? null : iconButton("close", `Give up ${file.name}`, { onclick: drop }))),
        state === "failed" ? problemBlock(upload.problem, upload.problem.code === "checked_here" ? null : again) : [bar(part, `Upload of ${file.name}`), h("p.small.soft.numbers", {}, words)]);
    };
    upload.addEventListener("change", show);
    show();
    this.uploads.append(line);
  }

  async discard(video, name) {
    await this.act(() => api.delete(`/videos/${video.id}`));
    toast(`"${name}" is in the trash.`, { action: ["Bring it back", () => this.restore(video, name)] });
  }

  restore(video, name) {
    return this.act(() => api.post(`/videos/${video.id}/restore`)).then(() => toast(`"${name}" is back.`));
  }

  async erase(video, name) {
    if (!await confirmed("Delete for good?", `"${name}" goes with its video and its score. This cannot be undone.`, "Delete for good")) return;
    await this.act(() => api.delete(`/videos/${video.id}?hard_delete=true`));
  }

  async act(what) {
    try {
      await what();
    } catch (error) {
      toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad", seconds: 10 });
    }
    this.page = 1;
    await this.load();
  }
}

export const runningJob = (status) => status.jobs.find((job) => ["pending", "running"].includes(job.status));

export default async function page({ main }) {
  document.title = "Library - Backbeat";
  const library = new Library(main);
  await library.load();
  return { leave: () => clearTimeout(library.looking) };
}
