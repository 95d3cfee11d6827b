// A groove that came in a link: written, heard, practised, saved, and kept nowhere.

import { facts } from "./api.js";
import { desk } from "./desk.js";
import { fill } from "./dom.js";
import { unpacked } from "./groove.js";
import { GrooveSource } from "./source.js";

export default async function page({ main, argument }) {
  document.title = "Groove - Backbeat";
  const known = await facts();
  const tab = await unpacked(argument, known.groove_bytes_max);
  main.className = "full";
  fill(main, desk(new GrooveSource(argument, tab)));
  return {};
}
