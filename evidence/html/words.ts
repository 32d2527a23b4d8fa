import { clientClasses, workClasses } from "../../watch/journal.ts";
import { counts } from "./data-counts.ts";
import { markup, type Markup, table } from "./markup.ts";
import { phaseNames } from "./phases.ts";

/** What the words mean that stand in every scenario: here once. */
export function words(): Markup {
  const work = Object.entries(workClasses).map(([name, { what }]) => [name, what]);
  const told = Object.values(counts).map((of) => of.map(({ what, meaning }) => [what, meaning]));
  const [rows = [], jobs = [], results = []] = told;
  const explain = (caption: string, head: string, of: readonly (readonly string[])[]) =>
    markup`<div>${table({ caption, head: [head, "what"], rows: of })}</div>
`;
  return markup`<section id="words">
<h2>Words and pictures</h2>
<p>Bars of clients are green where samples were good, higher and red where they failed, grey where they were sent too late to count, and missing where none is there; samples in a row are one bar. On the maps of the plant everything stands in the same place: thick is what the other map has not, dashed what is in reserve or left aside, red with a cross what is broken.</p>
<div class="pair">
<div>${explain("Phases", "phase", Object.entries(phaseNames))}${explain("Classes of clients", "class", [...Object.entries(clientClasses), ...work])}</div>
<div>${explain("Rows that clients wrote", "count", rows)}${explain("Jobs that clients gave", "count", jobs)}${explain("Results of jobs", "count", results)}</div>
</div>
</section>
`;
}
