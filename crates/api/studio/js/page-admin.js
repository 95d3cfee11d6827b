// For who runs the server: is it well, who is here, what is it doing.

import { api } from "./api.js";
import { confirmed, fill, h, iconButton, problemBlock, toast } from "./dom.js";
import { session } from "./session.js";
import { day, stageName } from "./words.js";

const LIMIT = 100;

const table = (label, heads, rows) => h("div.table-wrap", { tabindex: "0", role: "region", "aria-label": label }, h("table.plain-table", {},
  h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", {}, rows)));

const said = (error) => toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad", seconds: 10 });

/** A part of the page that shows its own trouble and leaves the others alone. */
function part(title, load) {
  const body = h("div", {}, h("p.soft", {}, "Loading"));
  const again = async () => {
    try {
      fill(body, await load(again));
    } catch (error) {
      fill(body, problemBlock(error));
    }
  };
  again();
  return h("section.card", {}, h("h2", {}, title), body);
}

async function health() {
  // A server that lacks something answers 503 with the same list.
  const response = await fetch("/health/ready");
  const { checks } = await response.json();
  return h("div.health", {}, checks.map((check) => h(check.ok ? "div" : "div.bad", {}, h("strong", {}, check.name), check.ok ? check.detail : `Not well: ${check.detail}`)));
}

async function users(again) {
  const [people, roles] = await Promise.all([api.get(`/users/?skip=0&limit=${LIMIT}&include_deleted=true`), api.get("/roles/")]);
  const me = await session.account();
  const row = (user) => {
    const has = new Set(user.roles.map((role) => role.name));
    const boxes = roles.filter((role) => role.name !== "user").map((role) => {
      const box = h("input", { type: "checkbox", checked: has.has(role.name), disabled: Boolean(user.deleted_at), "aria-label": `${user.email} is ${role.name}` });
      box.addEventListener("change", async () => {
        const change = { user_id: user.id, role_name: role.name };
        await (box.checked ? api.post("/roles/assign", change) : api.delete("/roles/remove", { json: change })).catch((error) => { box.checked = !box.checked; said(error); });
      });
      return h("label.tools-line.small", {}, box, role.name);
    });
    const erase = async () => {
      if (!await confirmed("Delete this account?", `${user.email} can be restored as long as nobody else takes the address.`, "Delete")) return;
      await api.delete(`/users/${user.id}`).catch(said);
      again();
    };
    const restore = () => api.post(`/users/${user.id}/restore`).catch(said).then(again);
    const act = user.deleted_at ? iconButton("restore", `Restore ${user.email}`, { onclick: restore })
      : user.id === me.id ? null : iconButton("trash", `Delete ${user.email}`, { onclick: erase });
    return h("tr", {}, h("td", {}, user.email, user.deleted_at ? h("span.soft", {}, " (deleted)") : null), h("td", {}, h("div.tools-line", {}, boxes)), h("td.numbers", {}, day(user.created_at)), h("td", {}, act));
  };
  return table("Users", ["Address", "Roles", "Since", ""], people.map(row));
}

async function jobs(again) {
  const { jobs: list } = await api.get("/jobs/?per_page=20");
  if (list.length === 0) return h("p.soft", {}, "No job yet.");
  const act = (job) => (job.can_cancel ? iconButton("close", "Cancel the job", { onclick: () => api.delete(`/jobs/${job.id}`).catch(said).then(again) })
    : job.can_retry ? iconButton("restore", "Try the job again", { onclick: () => api.post(`/jobs/${job.id}/retry`).catch(said).then(again) }) : null);
  return table("Jobs", ["Work", "State", "Begun", ""], list.map((job) => h("tr", {}, h("td", {}, job.job_type.replaceAll("_", " ")),
    h("td", {}, job.status === "running" ? `${stageName(job.stage)}, ${job.progress} %` : job.status, job.error_message ? h("div.small.soft", {}, job.error_message) : null),
    h("td.numbers", {}, day(job.created_at)), h("td", {}, act(job)))));
}

async function models() {
  const answer = await api.get("/models");
  const list = answer.models ?? answer.items ?? answer;
  return table("Models", ["Name", "Version", ""], list.map((model) => h("tr", {}, h("td", {}, model.name), h("td", {}, model.version ?? ""), h("td", {}, model.active ?? model.is_active ? "listens" : ""))));
}

export default async function page({ main }) {
  document.title = "Admin - Backbeat";
  const me = await session.account();
  if (!session.isAdmin(me)) throw Object.assign(new Error("This page is for who runs the server."), { hint: "Ask an admin for the role admin." });
  fill(main, h("div.page", {}, h("header.page-head", {}, h("h1", {}, "Admin")), part("Health", health), part("Users", users), part("Jobs", jobs), part("Models", models)));
  return {};
}
