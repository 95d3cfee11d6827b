// Who is here, in which roles, and how much of their room is taken.

import { api } from "./api.js";
import { bar, confirmed, fill, h, iconButton } from "./dom.js";
import { session } from "./session.js";
import { said, table } from "./table.js";
import { bytes, count, day } from "./words.js";

const PER_PAGE = 25;
/** Accounts whose storage is asked for at the same time. */
const AT_ONCE = 4;

let skip = 0;

export async function users(again, aside) {
  const [people, { count: all }, roles, me] = await Promise.all([
    api.get(`/users/?skip=${skip}&limit=${PER_PAGE}&include_deleted=true`), api.get("/users/count?include_deleted=true"),
    api.get("/roles/"), session.account()]);
  fill(aside, count(all, "account"));
  const usages = new Map(people.map((user) => [user.id, h("div.quota.numbers", {}, "\u00a0")]));
  showUsages(people, usages);
  const list = table("Users", ["Address", "Roles", "Storage", "Since", ""], people.map((user) => [
    [user.email, user.deleted_at ? h("span.soft", {}, " (deleted)") : null], h("div.tools-line.role-boxes", {}, roleBoxes(user, roles, usages)),
    usages.get(user.id), { number: day(user.created_at) }, { tools: action(user, me, again) }]));
  const turn = (to, words) => h("button.button.quiet.compact", { type: "button", onclick: () => { skip = to; again(); } }, words);
  const pages = all <= PER_PAGE ? null : h("div.actions.small.soft.numbers", {},
    skip > 0 ? turn(Math.max(0, skip - PER_PAGE), "Before") : null,
    `${skip + 1} to ${skip + people.length} of ${all}`, skip + people.length < all ? turn(skip + PER_PAGE, "Next") : null);
  return [list, pages];
}

function roleBoxes(user, roles, usages) {
  const has = new Set(user.roles.map((role) => role.name));
  return roles.filter((role) => role.name !== "user").map((role) => {
    const box = h("input", {
      type: "checkbox", checked: has.has(role.name), disabled: Boolean(user.deleted_at), "aria-label": `${user.email} is ${role.name}`,
    });
    box.addEventListener("change", async () => {
      const change = { user_id: user.id, role_name: role.name };
      await (box.checked ? api.post("/roles/assign", change) : api.delete("/roles/remove", { json: change }))
        .catch((error) => { box.checked = !box.checked; said(error); });
      // A role may bring more room.
      showUsages([user], usages);
    });
    return h("label.tools-line.small", {}, box, role.name);
  });
}

function action(user, me, again) {
  if (user.deleted_at) {
    return iconButton("restore", `Restore ${user.email}`, { onclick: () => api.post(`/users/${user.id}/restore`).catch(said).then(again) });
  }
  if (user.id === me.id) return h("span.small.soft", {}, "you");
  const erase = async () => {
    const words = `${user.email} can be restored as long as nobody else takes the address.`;
    if (!await confirmed("Delete this account?", words, "Delete")) return;
    await api.delete(`/users/${user.id}`).catch(said);
    again();
  };
  return iconButton("trash", `Delete ${user.email}`, { onclick: erase });
}

/** Fills in what each has stored, a few at a time: the list need not wait for it. */
async function showUsages(people, places) {
  const waiting = [...people];
  const one = async () => {
    for (let user = waiting.shift(); user; user = waiting.shift()) {
      const usage = await api.get(`/users/${user.id}/usage`).catch(() => null);
      const taken = usage && usage.total_size_bytes + usage.uploading_bytes;
      fill(places.get(user.id), usage
        ? [h("span", {}, `${bytes(taken)} of ${bytes(usage.storage_quota_bytes)}`), bar(usage.storage_used_percentage / 100, `Storage of ${user.email}`)]
        : "not known");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
