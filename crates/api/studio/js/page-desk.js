// The desk with a piece of one's own.

import { desk } from "./desk.js";
import { fill } from "./dom.js";
import { OwnSource } from "./source.js";

export default function page({ main, argument }) {
  document.title = "Desk - Backbeat";
  main.className = "full";
  fill(main, desk(new OwnSource(argument)));
  return {};
}
