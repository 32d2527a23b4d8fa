import type { Verdict } from "../../drill/ruling.ts";
import { markup, type Markup } from "./markup.ts";

const signs: Readonly<Record<Verdict, string>> = { kept: "✓", missed: "✗", unproven: "?" };

/** A colour is never the only carrier: the word is there, and a sign. */
export function verdictWord(verdict: Verdict, text: string = verdict): Markup {
  return markup`<span class="verdict ${verdict}"><span aria-hidden="true">${signs[verdict]}</span> ${text}</span>`;
}
