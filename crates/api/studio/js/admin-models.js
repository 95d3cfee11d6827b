// Which model listens, and which others there are: brought in, checked, put to work.

import { api, call } from "./api.js";
import { confirmed, dialog, fill, h, iconButton, problemBlock, toast } from "./dom.js";
import { said, table } from "./table.js";
import { bytes } from "./words.js";

const PER_PAGE = 100;
const TASKS = { onset_detection: "Finds strokes", classification: "Names strokes", separation: "Separates instruments" };
const STATES = { registered: "not checked yet", verified: "checked", refused: "refused" };

const taskName = (task) => TASKS[task] ?? task.replaceAll("_", " ");
const nameOf = (model) => `${model.name} ${model.version}`;

export async function models(again, aside) {
  const [tasks, { models: list }] = await Promise.all([api.get("/models/tasks"), api.get(`/models?per_page=${PER_PAGE}`)]);
  const used = (name, words) => {
    const task = tasks.find((task) => task.task === name);
    const model = task?.active ?? task?.built_in;
    return model ? [`${nameOf(model)} ${words}`] : [];
  };
  fill(aside, [...used("onset_detection", "listens"), ...used("separation", "separates")].join(", "));
  const own = tasks.filter((task) => task.built_in).map((task) => [
    [h("strong", {}, nameOf(task.built_in)), h("div.small.soft", {}, "in the executable")], taskName(task.task), "checked",
    { number: "" }, task.active ? "" : h("span.now", {}, "at work"), { tools: null }]);
  const add = h("button.button.quiet.compact", { type: "button", onclick: () => bringIn(again, tasks.filter((task) => task.is_open).map((task) => task.task)) }, "Bring in a model");
  return [table("Models", ["Model", "Task", "State", "Weights", "Use", ""], [...list.map((model) => row(model, again)), ...own]),
    h("div", {}, add)];
}

function row(model, again) {
  const reason = model.verdict?.reason;
  return [[h("strong", {}, nameOf(model)), model.description ? h("div.small.soft", {}, model.description) : null], taskName(model.task),
    [h(model.status === "refused" ? "span.bad" : "span", {}, STATES[model.status] ?? model.status), reason ? h("div.small.soft", {}, reason) : null],
    { number: bytes(model.size_bytes) }, model.is_active ? h("span.now", {}, "at work") : "", { tools: tools(model, again) }];
}

function tools(model, again) {
  const act = (what, done) => async (event) => {
    event.currentTarget.disabled = true;
    await api.post(`/models/${model.id}/${what}`).then(() => toast(done), said);
    again();
  };
  const erase = async () => {
    const words = `${nameOf(model)} is taken off the list. What it wrote keeps its name, and the name stays taken.`;
    if (!await confirmed("Delete this model?", words, "Delete")) return;
    await api.delete(`/models/${model.id}`).catch(said);
    again();
  };
  const button = (words, onclick) => h("button.button.quiet.compact", { type: "button", "aria-label": `${words}: ${nameOf(model)}`, onclick }, words);
  if (model.is_active) return button("Take off work", act("deactivate", "What is in the executable is at work again."));
  return h("div.desk-tools", {},
    model.status === "verified" ? button("Put to work", act("activate", `${nameOf(model)} is at work from the next job on.`))
      : button("Check", act("verify", `${nameOf(model)} was checked.`)),
    iconButton("trash", `Delete ${nameOf(model)}`, { onclick: erase }));
}

/** A sheet for card and weights of one of these tasks. */
function bringIn(again, tasks) {
  const file = (name, accept) => h("input", { type: "file", name, accept, required: true });
  const problems = h("div", {});
  const send = h("button.button", {}, "Bring it in");
  const field = (label, input) => h("label.field", {}, h("span", {}, label), input);
  const box = dialog("Bring in a model", h("form.stack", {
    onsubmit: async (event) => {
      event.preventDefault();
      send.disabled = true;
      try {
        const response = await call("POST", "/models", { body: new FormData(event.target) });
        const model = await response.json();
        box.close();
        toast(`${nameOf(model)} is there. It is checked before it may work.`);
        again();
      } catch (error) {
        fill(problems, problemBlock(error));
        send.disabled = false;
      }
    },
  }, h("p.soft.small", {}, "It does nothing until it has been checked and put to work."),
  field("Card (model.toml)", file("card", ".toml")), field("Weights (model.onnx or weights.bin)", file("weights", ".onnx,.bin")),
  field("Its task", h("select", { name: "task" }, tasks.map((task) => h("option", { value: task }, taskName(task))))),
  field("What it is for", h("input", { type: "text", name: "description", maxlength: "200" })), problems, h("div.actions", {}, send)));
}

