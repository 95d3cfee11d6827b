// Making elements, icons, dialogs and short notices.

/** An element: `h("p.note", { title: "x", onclick: f }, "text", child)`. Attributes that are null or false are left out. */
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Every icon is drawn for this page on a square of 24, in strokes.
const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M8 5v14M16 5v14",
  back: "M18 5v14l-9-7zM6 5v14",
  forward: "M6 5v14l9-7zM18 5v14",
  loop: "M4 12a6 6 0 0 1 6-6h8m-3-3 3 3-3 3M20 12a6 6 0 0 1-6 6H6m3 3-3-3 3-3",
  click: "M8 20h8l-2.6-15h-2.8zM12 15l5-8",
  count: "M4 15v4M9.300 12v7M14.700 9v10M20 6v13",
  split: "M4 15v-2a8 8 0 0 1 16 0v2M4 15h3.500v5H5.500A1.500 1.500 0 0 1 4 18.500zM20 15h-3.500v5h2a1.500 1.500 0 0 0 1.500-1.500z",
  copy: "M9 9h10v11H9zM5 15H4V4h10v1",
  speed: "M4 17a8 8 0 1 1 16 0M12 17l4-6",
  drums: "M4 9.5c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zv7c0 1.7 3.6 3 8 3s8-1.3 8-3v-7M5 3l5 5M19 3l-5 5",
  zoomin: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 4.5 4.5M11 8v6m-3-3h6",
  zoomout: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 4.5 4.5M8 11h6",
  undo: "M8 5 4 9l4 4M4 9h9a6 6 0 0 1 0 12h-3",
  redo: "m16 5 4 4-4 4M20 9h-9a6 6 0 0 0 0 12h3",
  doubt: "M15 5.5v7.5M15 13a3 2.3 0 1 1-6 0 3 2.3 0 0 1 6 0zM4 20q2-3 4 0t4 0 4 0 4 0",
  check: "m5 12.5 4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5m4-5v5",
  restore: "M4 9h10a5 5 0 0 1 0 10H8M8 5 4 9l4 4",
  download: "M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14",
  share: "M12 15V4M8 8l4-4 4 4M6 12v8h12v-8",
  history: "M4.5 12a7.5 7.5 0 1 0 2.5-5.600L4.5 8.5M4.5 4.5v4h4M12 8v4.5l3 2",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M18.7 5.300l-1.4 1.400M6.7 17.300l-1.4 1.4",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.7 2.200c-.8.5-1.2 1-1.2 1.800M12 16.5v.1",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm5 12 4.5 4.5",
  camera: "M4 8h10v9H4zM14 11l6-3v9l-6-3",
  note: "M9 18V5l9-2v11M9 18a3 2.5 0 1 1-6 0 3 2.5 0 0 1 6 0zM18 14a3 2.5 0 1 1-6 0 3 2.5 0 0 1 6 0z",
  warning: "M12 4 2.5 20h19zM12 10v4.5M12 17.300v.1",
  page: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
  scroll: "M5 7h14M5 12h14M5 17h14",
  print: "M7 8V3h10v5M7 17H4V8h16v9h-3M7 14h10v7H7z",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c.8-4.5 4-6 8-6s7.2 1.5 8 6",
  code: "m8 7-5 5 5 5M16 7l5 5-5 5M14 4l-4 16",
  link: "M10 14a4 4 0 0 0 5.700 0l3-3a4 4 0 0 0-5.700-5.700l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1",
  view: "M3 12s3.500-6 9-6 9 6 9 6-3.500 6-9 6-9-6-9-6zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  edit: "m4 20 1-4L16 5l3 3L8 19zM14 7l3 3",
};

/** One of our icons; decorative, the control around it has the name. */
export function icon(name) {
  const filled = name === "play";
  const drawing = svg("svg", {
    viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true", focusable: "false",
    fill: filled ? "currentColor" : "none", stroke: "currentColor", "stroke-width": name === "more" ? "3" : "1.7",
    "stroke-linecap": "round", "stroke-linejoin": "round",
  }, svg("path", { d: ICONS[name] }));
  return drawing;
}

/** The name of the program as it is drawn: four beats, the second and fourth louder. */
export function mark() {
  const bars = [[1, 9, 8], [7, 3, 14], [13, 9, 8], [19, 3, 14]];
  return svg("svg", { viewBox: "0 0 23 20", class: "mark", "aria-hidden": "true", fill: "currentColor" },
    ...bars.map(([x, y, height]) => svg("rect", { x, y, width: 3, height, rx: 1.5 })));
}

/** A button with an icon and a name; `key` is shown to those who hover and told to those who listen. */
export function iconButton(name, label, { key, onclick, ...rest } = {}) {
  const title = key ? `${label} (${key})` : label;
  return h("button.icon-button", { type: "button", "aria-label": label, title, onclick, "aria-keyshortcuts": key, ...rest },
    icon(name));
}

/** A button with an icon and a word beside it, where there is room for words. */
export function toolButton(name, label, word, { key, onclick, ...rest } = {}) {
  const title = key ? `${label} (${key})` : label;
  return h("button.tool", { type: "button", "aria-label": label, title, onclick, "aria-keyshortcuts": key, ...rest },
    icon(name), h("span.tool-word", { "aria-hidden": "true" }, word));
}

/** Exchanges everything in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Says something to those who listen to the page. */
export function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = text; });
}

/** A notice that goes by itself; `action` is `[label, function]`. */
export function toast(text, { action, kind = "plain", seconds = 6 } = {}) {
  const notice = h(`div.toast.${kind}`, {}, h("span", {}, text));
  const remove = () => notice.remove();
  if (action) notice.append(h("button.link", { type: "button", onclick: () => { remove(); action[1](); } }, action[0]));
  notice.append(iconButton("close", "Dismiss", { onclick: remove }));
  const place = document.getElementById("toasts");
  place.append(notice);
  while (place.children.length > 3) place.firstChild.remove();
  setTimeout(remove, seconds * 1000);
}

/** A dialog; gives the element, which is open. It is removed when it closes. */
export function dialog(title, content, { wide = false, onclose } = {}) {
  const id = `dialog-${Math.random().toString(36).slice(2)}`;
  const box = h(wide ? "dialog.sheet.wide" : "dialog.sheet", { "aria-labelledby": id },
    h("header.sheet-head", {}, h("h2", { id, tabindex: "-1", autofocus: true }, title), iconButton("close", "Close", { onclick: () => box.close() })),
    h("div.sheet-body", { tabindex: "0" }, content));
  box.addEventListener("close", () => { box.remove(); onclose?.(); });
  box.addEventListener("click", (event) => { if (event.target === box) box.close(); });
  document.body.append(box);
  box.showModal();
  return box;
}

/**
 * A small sheet that hangs on a button until something else is pressed. `build()` gives what is in it, each time it opens.
 */
export function popover(button, label, build) {
  const box = h("div.popover", { popover: "auto", role: "dialog", "aria-label": label });
  button.setAttribute("aria-haspopup", "dialog");
  button.popoverTargetElement = box;
  box.addEventListener("beforetoggle", (event) => { if (event.newState === "open") fill(box, build()); });
  box.addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    const at = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const below = at.bottom + 6 + height <= innerHeight;
    box.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, at.right - width))}px`;
    box.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - 6 - height)}px`;
    box.querySelector("button, input, select")?.focus();
  });
  return box;
}

/** A choice of few, all of them to be seen. `options` are `[value, name]`; `choose(value)` is called with a new one. */
export function segments(label, options, chosen, choose) {
  const name = `segments-${Math.random().toString(36).slice(2)}`;
  return h("div.segments", { role: "radiogroup", "aria-label": label }, options.map(([value, words, title]) =>
    h("label.segment", { title }, h("input", {
      type: "radio", name, checked: value === chosen, "aria-label": title ? `${words}: ${title}` : null, onchange: () => choose(value),
    }), h("span", {}, words))));
}

/** How much of something is done or taken, 0-1. */
export function bar(part, label) {
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 100);
  const inner = h("i", {});
  inner.style.width = `${percent}%`;
  return h("div.bar", {
    role: "progressbar", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "100", "aria-valuenow": String(percent),
  }, inner);
}

/** Asks before something that cannot be taken back; true when agreed to. */
export function confirmed(title, text, agree) {
  return new Promise((resolve) => {
    let answer = false;
    const box = dialog(title, [
      h("p", {}, text),
      h("div.actions", {},
        h("button.button.danger", { type: "button", onclick: () => { answer = true; box.close(); } }, agree),
        h("button.button.quiet", { type: "button", onclick: () => box.close() }, "Keep it")),
    ], { onclose: () => resolve(answer) });
  });
}

/** A text to be taken along: commands, a link. */
export function snippet(label, text) {
  const copy = iconButton("copy", "Copy", { onclick: () => navigator.clipboard.writeText(text).then(() => toast("Copied.")) });
  return h("div.snippet-box", {}, h("pre.snippet", { tabindex: "0", "aria-label": label }, text), copy);
}

/** What went wrong, why if known, and what to do, as a block on the page. */
export function problemBlock(problem, ...actions) {
  return h("div.problem", { role: "alert" }, icon("warning"),
    h("div", {}, h("p.problem-what", {}, problem.message),
      problem.hint ? h("p.problem-hint", {}, problem.hint) : null,
      problem.requestId ? h("p.problem-id", {}, `Reference ${problem.requestId}`) : null,
      actions.some(Boolean) ? h("div.actions", {}, actions) : null));
}
