// Where a piece comes from: the demo, one's own library, or a link somebody gave. All three offer the same things.

import { api } from "./api.js";

const query = (options) => new URLSearchParams(options).toString();

class Source {
  /** Whether the score may be corrected here. */
  editable = false;

  svg(style) { return api.text(this.exportUrl("svg", style)); }
  timemap(style) { return api.get(this.exportUrl("timemap", style)); }
  score(reading = {}) { return api.get(this.exportUrl("json", reading)); }
  performance() { return api.get(this.exportUrl("performance")); }
  waveform() { return api.get(`${this.base}/waveform`); }
  exportUrl(format, options = {}) {
    const chosen = query(options);
    return `${this.exports}/${format}${chosen ? `?${chosen}` : ""}`;
  }
  file(format, options) { return api.bytes(this.exportUrl(format, options)); }
}

export class DemoSource extends Source {
  key = "demo";
  base = "/demo";
  exports = "/demo/export";
  videoUrl = "/demo/video";

  async open() {
    const facts = await api.get("/demo");
    return { title: facts.title, remarks: facts.remarks, measures: facts.measures };
  }
}

export class SharedSource extends Source {
  constructor(token) {
    super();
    this.key = `shared-${token.slice(0, 8)}`;
    this.base = `/shared/${token}`;
    this.exports = `${this.base}/export`;
    this.videoUrl = `${this.base}/video`;
  }

  async open() {
    const shared = await api.get(this.base).catch((error) => {
      if (error.status !== 404) throw error;
      throw Object.assign(new Error("This link leads nowhere any more."),
        { hint: "It was taken back, has run out, or a part of it was lost. Ask whoever sent it for a new one.", final: true });
    });
    const notation = shared.notation ?? {};
    const title = shared.video?.title || notation.title || shared.video?.filename || "Shared piece";
    return { title, remarks: [], shared: true, expiresAt: shared.expires_at, measures: notation.measures };
  }
}

/** A groove that its link carries; it sounds as its notes, for there is no recording. */
export class GrooveSource extends Source {
  exports = "/studio/groove";
  videoUrl = null;

  constructor(code, tab) {
    super();
    this.key = `groove-${code.slice(0, 24)}`;
    this.tab = tab;
  }

  async open() {
    const score = await this.score();
    return { title: score.title || "A groove", remarks: [], measures: score.measures.length };
  }

  async waveform() { return null; }

  exportUrl(format, options = {}) { return `${this.exports}/${format}?${query({ tab: this.tab, ...options })}`; }
}

export class OwnSource extends Source {
  editable = true;

  constructor(videoId) {
    super();
    this.key = videoId;
    this.videoId = videoId;
    this.base = `/videos/${videoId}`;
    this.videoUrl = `${this.base}/download`;
  }

  /** Facts of the piece; null while its score is not written. */
  async open() {
    const [video, status] = await Promise.all([api.get(this.base), api.get(`${this.base}/processing-status`)]);
    this.video = video;
    if (!status.notation_id) return null;
    this.notationId = status.notation_id;
    this.notation = `/notation/${this.notationId}`;
    this.exports = `${this.notation}/export`;
    return this.read(await api.get(this.notation));
  }

  read(notation) {
    this.revision = notation.revision;
    return { title: this.video.title || notation.title, remarks: notation.report?.remarks ?? [], measures: notation.measures, notation };
  }

  edit(edits, { preview = false } = {}) {
    return api.post(`${this.notation}/edits`, { base_revision: this.revision, preview, edits });
  }

  /** Gives the piece another name, on the page and on paper. */
  async rename(title) {
    this.video = await api.put(this.base, { title });
    return api.patch(this.notation, { title, base_revision: this.revision });
  }

  undo() { return api.post(`${this.notation}/undo`, {}); }
  redo() { return api.post(`${this.notation}/redo`, {}); }
  revert(revision) { return api.post(`${this.notation}/revert`, { revision }); }
  revisions() { return api.get(`${this.notation}/revisions`); }
  nameRevision(revision, name) { return api.put(`${this.notation}/revisions/${revision}`, { name }); }
  atRevision(revision) { return api.get(`${this.notation}?revision=${revision}`); }
  review() { return api.get(`${this.notation}/review?below=0.5&limit=500`); }
  current() { return api.get(this.notation); }
}
