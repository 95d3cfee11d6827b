// Log in, make an account, the account itself.

import { api, facts } from "./api.js";
import { confirmed, fill, h, problemBlock, toast } from "./dom.js";
import { session } from "./session.js";
import { day } from "./words.js";

/** A form that says beside each field what the server minds. `fields` are [name, label, attributes]. */
function form(fields, button, send) {
  const problems = h("div", {});
  const rows = fields.map(([name, label, attributes]) => {
    const input = h("input", { name, id: `field-${name}`, required: true, ...attributes });
    const note = h("span.field-problem", { id: `problem-${name}`, hidden: true });
    return { name, input, note, element: h("label.field", {}, h("span", {}, label), input, note) };
  });
  const submit = h("button.button", {}, button);
  const element = h("form.stack", { novalidate: "" }, rows.map((row) => row.element), problems, submit);
  const mind = (row, message) => {
    row.note.hidden = !message;
    row.note.textContent = message ?? "";
    row.input.setAttribute("aria-invalid", String(Boolean(message)));
    if (message) row.input.setAttribute("aria-describedby", row.note.id);
  };
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    fill(problems);
    rows.forEach((row) => mind(row, row.input.value === "" ? "This is needed." : null));
    const empty = rows.find((row) => row.input.value === "");
    if (empty) { empty.input.focus(); return; }
    submit.disabled = true;
    try {
      await send(Object.fromEntries(rows.map((row) => [row.name, row.input.value])), element);
    } catch (error) {
      const placed = (error.fields ?? []).filter((field) => rows.some((row) => row.name === field.name));
      placed.forEach((field) => mind(rows.find((row) => row.name === field.name), capital(field.message)));
      if (placed.length === 0) fill(problems, problemBlock(error));
      else rows.find((row) => row.name === placed[0].name).input.focus();
    }
    submit.disabled = false;
  });
  return element;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const EMAIL = ["email", "E-mail", { type: "email", autocomplete: "username", inputmode: "email" }];
const password = (name, label, autocomplete) => [name, label, { type: "password", autocomplete }];

/** To where somebody was going before logging in. */
function onward() {
  const after = sessionStorage.getItem("backbeat.after");
  sessionStorage.removeItem("backbeat.after");
  location.hash = after ?? "#/library";
}

function login(main) {
  document.title = "Log in - Backbeat";
  fill(main, h("div.page.narrow", {}, h("h1", {}, "Log in"),
    form([EMAIL, password("password", "Password", "current-password")], "Log in", async (values) => {
      await session.login(values.email, values.password);
      onward();
    }),
    h("p.soft", {}, "No account yet? ", h("a", { href: "#/register" }, "Make one"), ".")));
}

async function register(main) {
  document.title = "Make an account - Backbeat";
  const known = await facts();
  const body = known.registration_open
    ? form([EMAIL, password("password", "Password, at least 8 characters", "new-password")], "Make the account", async (values) => {
      await session.register(values.email, values.password);
      onward();
    })
    : h("p", {}, "This server takes no new accounts. Ask the person who runs it.");
  fill(main, h("div.page.narrow", {}, h("h1", {}, "Make an account"),
    h("p.soft", {}, "An address and a password, nothing else. What you upload stays on this machine."), body,
    h("p.soft", {}, "Have one already? ", h("a", { href: "#/login" }, "Log in"), ".")));
}

async function account(main) {
  document.title = "Account - Backbeat";
  const user = await session.account();
  const change = form([password("current_password", "Current password", "current-password"), password("new_password", "New password", "new-password")],
    "Change the password", async (values, element) => {
      await api.post("/users/change-password", values);
      await session.login(user.email, values.new_password);
      element.reset();
      toast("Password changed. Other devices have to log in again.");
    });
  const erase = async () => {
    if (!await confirmed("Delete this account?", "Videos and scores go with it. Scores you want to keep should be downloaded first.", "Delete the account")) return;
    await api.delete("/users/me");
    session.end();
    location.hash = "#/";
  };
  fill(main, h("div.page.narrow", {}, h("h1", {}, "Account"),
    h("div", {}, h("p", {}, user.email), h("p.small.soft", {}, `Since ${day(user.created_at)} · ${user.roles.map((role) => role.name).join(", ")}`),
      h("div.actions", {}, h("button.button.quiet.compact", { type: "button", onclick: async () => { await session.logout(); location.hash = "#/"; } }, "Log out"))),
    h("section.card", {}, h("h2", {}, "Password"), change),
    h("section.card", {}, h("h2", {}, "Delete"), h("p.soft.small", {}, "Takes videos and scores along."),
      h("div", {}, h("button.button.quiet.compact", { type: "button", onclick: () => erase().catch((error) => toast(error.message, { kind: "bad" })) }, "Delete the account")))));
}

export default async function page({ name, main }) {
  if (name === "account") await account(main);
  else if (name === "register") await register(main);
  else login(main);
  return {};
}
