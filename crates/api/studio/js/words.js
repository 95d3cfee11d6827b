// Values as people read them.

/** 83.4 -> "1:23". */
export function clock(seconds, decimals = 0) {
  const whole = Math.max(0, seconds);
  const minutes = Math.floor(whole / 60);
  const rest = (whole - minutes * 60).toFixed(decimals);
  return `${minutes}:${rest.padStart(decimals > 0 ? 3 + decimals : 2, "0")}`;
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1000; unit += 1; }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

const DAY = 86_400_000;

/** A date as near people say it. */
export function day(text) {
  const date = new Date(text);
  const midnight = new Date().setHours(0, 0, 0, 0);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const from = date.getTime() - midnight;
  if (from >= 0 && from < DAY) return `today, ${time}`;
  if (from >= -DAY && from < 0) return `yesterday, ${time}`;
  return date.toLocaleDateString([], { day: "numeric", month: "long", year: "numeric" });
}

/** Seconds as an estimate, not as a promise. */
export function about(seconds) {
  if (seconds < 10) return "a few seconds";
  if (seconds < 90) return `about ${Math.round(seconds / 5) * 5} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

/** A name without the ending of a file. */
export const stem = (filename) => filename.replace(/\.[a-z0-9]{2,4}$/i, "");

/** Words of the engine's stages for people. */
const STAGES = {
  pending: "waiting for its turn", extracting: "reading the video", "reading video": "reading the video",
  decoding: "reading the video", listening: "listening", "finding strokes": "finding strokes",
  "finding the beat": "finding the beat", writing: "writing",
};
export const stageName = (stage) => STAGES[stage] ?? stage ?? "waiting for its turn";

/** The five steps of the way, in order, as progress shows them. */
export const STEPS = ["reading the video", "listening", "finding strokes", "finding the beat", "writing"];

/** A stretch of time: "0.4 s", "12 s", "3:05 min", "2.5 h". */
export function time(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${clock(seconds)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
