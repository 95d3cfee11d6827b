// Tables of plain facts, which become a list of small blocks on a narrow screen.

import { h, toast } from "./dom.js";

/**
 * A table: `heads` are words, `rows` lists of cells. A cell is what stands in it, or `{number}` for figures that stand in
 * columns, or `{tools}` for buttons.
 */
export function table(label, heads, rows) {
  const cell = (content, index) => {
    const plain = content !== null && typeof content === "object" && !Array.isArray(content) && !(content instanceof Node);
    const { number, tools } = plain ? content : {};
    const kind = number !== undefined ? "td.numbers" : plain ? "td.tools" : "td";
    return h(kind, { "data-head": heads[index] || null }, number !== undefined ? String(number) : plain ? tools : content);
  };
  return h("div.table-wrap", { tabindex: "0", role: "region", "aria-label": label }, h("table.plain-table", {},
    h("thead", {}, h("tr", {}, heads.map((head) => (head ? h("th", { scope: "col" }, head) : h("td", {}))))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell))))));
}

/** Says what went wrong with something that was pressed. */
export const said = (error) => toast([error.message, error.hint].filter(Boolean).join(" "), { kind: "bad", seconds: 10 });
