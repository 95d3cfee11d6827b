// What somebody sees who got a link: picture, score and practice, nothing that changes anything.

import { desk } from "./desk.js";
import { fill } from "./dom.js";
import { SharedSource } from "./source.js";

export default function page({ main, argument }) {
  document.title = "Shared piece - Backbeat";
  main.className = "full";
  fill(main, desk(new SharedSource(argument)));
  return {};
}
