// What this browser remembers: how each piece is practised, and the colours of the page.

const KEY = "backbeat.piece.";

/** The settings of one piece; `save()` keeps them. */
export function preferences(piece) {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEY + piece) ?? "{}");
  } catch { /* damaged: begin anew */ }
  Object.defineProperty(kept, "save", {
    value() { localStorage.setItem(KEY + piece, JSON.stringify(this)); },
  });
  return kept;
}

const THEME = "backbeat.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark": as chosen here, otherwise as the system has it. */
export const theme = () => localStorage.getItem(THEME) ?? (system.matches ? "dark" : "light");

export function applyTheme() {
  document.documentElement.dataset.theme = theme();
}

export function switchTheme() {
  localStorage.setItem(THEME, theme() === "dark" ? "light" : "dark");
  applyTheme();
}

system.addEventListener("change", applyTheme);
