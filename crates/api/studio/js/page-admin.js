// For who runs the server: is it well, what does it hold, who is here, what is it doing. Parts are in admin-*.js.

import { api } from "./api.js";
import { models } from "./admin-models.js";
import { users } from "./admin-users.js";
import { fill, h, iconButton, problemBlock } from "./dom.js";
import { session } from "./session.js";
import { bytes, count, day, stageName, time } from "./words.js";
import { said, table } from "./table.js";

const JOBS = 20;
const HOURS = 24;

/** A part of the page that shows its own trouble and leaves the others alone. */
function part(title, load) {
  const body = h("div.part", {}, h("p.soft", {}, "Loading"));
  const aside = h("div.part-aside.small.soft.numbers", {});
  const again = async () => {
    try {
      fill(body, await load(again, aside));
    } catch (error) {
      fill(body, problemBlock(error, h("button.button.quiet.compact", { type: "button", onclick: again }, "Try again")));
    }
  };
  again();
  return h("section.section", {}, h("header.section-head", {}, h("h2", {}, title), aside), body);
}

const NAMES = { database: "Database", storage: "Files", model: "Listener", ffmpeg: "ffmpeg" };

async function health(again, aside) {
  // A server that lacks something answers 503 with the same list.
  const [ready, queue] = await Promise.all([
    fetch("/health/ready", { headers: { accept: "application/json" } }).then((response) => response.json()), api.get("/jobs/health")]);
  const waits = queue.oldest_waiting_seconds === null || queue.oldest_waiting_seconds === undefined ? ""
    : `; the oldest waits ${time(queue.oldest_waiting_seconds)}`;
  const stranded = queue.stranded > 0 ? `; ${queue.stranded} without a sign of life` : "";
  const checks = [...ready.checks, {
    name: "jobs", ok: queue.status === "ok", detail: `${queue.running} running, ${queue.pending} waiting${waits}${stranded}`,
  }];
  const bad = checks.filter((check) => !check.ok).length;
  fill(aside, bad === 0 ? "All is well" : `${count(bad, "thing")} to look at`);
  return h("ul.health", {}, checks.map((check) => h(check.ok ? "li" : "li.bad", {},
    h("strong", {}, NAMES[check.name] ?? sentence(check.name)), h("span.state", {}, check.ok ? "well" : "not well"), h("p", {}, check.detail))));
}

async function storage(again, aside) {
  const held = await api.get("/videos/stats/storage");
  fill(aside, `${bytes(held.total_size_bytes)} in all`);
  const figures = [
    [count(held.total_videos, "piece"), held.deleted_videos > 0 ? `and ${held.deleted_videos} in the trash` : "none in the trash"],
    [time(held.total_duration_seconds), "of recordings"],
    [count(held.videos_with_notation, "score"), `of ${count(held.total_videos, "piece")}`],
    [bytes(held.uploading_bytes), "held for uploads under way"],
  ];
  return [h("dl.figures.numbers", {}, figures.map(([number, words]) => h("div", {}, h("dt", {}, words), h("dd", {}, number)))),
    held.by_media_type.length === 0 ? null : table("Recordings by kind", ["Kind", "Pieces", "Bytes"], held.by_media_type.map((type) =>
      [type.media_type, { number: type.videos }, { number: bytes(type.size_bytes) }]))];
}

async function jobs(again, aside) {
  const [{ jobs: list }, figures] = await Promise.all([
    api.get(`/jobs/?per_page=${JOBS}`), api.get(`/jobs/admin/statistics?hours=${HOURS}`)]);
  if (list.length === 0) return h("p.soft", {}, "No job yet.");
  const sum = (read) => figures.by_type.reduce((total, type) => total + read(type), 0);
  const failed = sum((type) => Object.values(type.failed).reduce((total, one) => total + one, 0));
  fill(aside, `In ${HOURS} hours: ${sum((type) => type.completed)} done, ${failed} failed`);
  const act = (job) => {
    if (job.can_cancel) {
      return iconButton("close", "Cancel the job", { onclick: () => api.delete(`/jobs/${job.id}`).catch(said).then(again) });
    }
    return job.can_retry
      ? iconButton("restore", "Try the job again", { onclick: () => api.post(`/jobs/${job.id}/retry`).catch(said).then(again) }) : null;
  };
  return table("Jobs", ["Work", "State", "Took", "Begun", ""], list.map((job) => [
    sentence(job.job_type.replaceAll("_", " ")), jobState(job), { number: took(job) }, { number: day(job.created_at) }, { tools: act(job) }]));
}

const STATES = { pending: "waiting", completed: "done", failed: "failed" };

function jobState(job) {
  if (job.status === "running") return h("span.now", {}, `${stageName(job.stage)}, ${job.progress} %`);
  const words = job.error_code === "cancelled" ? "cancelled" : STATES[job.status] ?? job.status;
  return [h(job.status === "failed" ? "span.bad" : "span", {}, words),
    job.error_message && job.error_code !== "cancelled" ? h("div.small.soft", {}, job.error_message) : null];
}

const took = (job) => (job.started_at && job.finished_at ? time((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000) : "");

const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);

export default async function page({ main }) {
  document.title = "Admin - Backbeat";
  const me = await session.account();
  if (!session.isAdmin(me)) {
    throw Object.assign(new Error("This page is for who runs the server."), { hint: "Ask an admin for the role admin." });
  }
  fill(main, h("div.page", {}, h("header.page-head", {}, h("h1", {}, "Admin")),
    part("Health", health), part("Users", users), part("Jobs", jobs), part("Models", models), part("Storage", storage)));
  return {};
}
