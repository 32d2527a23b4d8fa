/** A piece of a page. Only {@link markup} makes one, so that no text of a journal can become markup. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = Markup | string | number | false | null | undefined | readonly Piece[];

/** Interpolated texts are escaped, pieces of a page are not; false, null and undefined leave nothing. */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const texts = strings.map((text, i) => text + render(pieces[i]));
  return new Markup(texts.join(""));
}

function render(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (piece === false || piece === null || piece === undefined) return "";
  if (typeof piece === "string") return escapeText(piece);
  return typeof piece === "number" ? String(piece) : piece.map((each) => render(each)).join("");
}

function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export interface Table {
  caption: string;
  head: readonly string[];
  /** The first cell names its row. */
  rows: readonly (readonly Piece[])[];
  /** Columns, from 0, that hold figures. */
  figures?: readonly number[];
}

export function table({ caption, head, rows, figures = [] }: Table): Markup {
  const kind = (column: number) => (figures.includes(column) ? markup` class="n"` : "");
  const body = rows.map(([first, ...others]) => {
    const cells = others.map((cell, i) => markup`<td${kind(i + 1)}>${cell}</td>`);
    return markup`<tr><th scope="row"${kind(0)}>${first}</th>${cells}</tr>\n`;
  });
  return markup`<table>
<caption>${caption}</caption>
<thead><tr>${head.map((name, i) => markup`<th scope="col"${kind(i)}>${name}</th>`)}</tr></thead>
<tbody>
${body}</tbody>
</table>
`;
}

/** Names and what they stand for; nothing where a row is null. */
export function list(rows: readonly (readonly [name: string, value: Piece] | null)[]): Markup {
  const each = rows.map(
    (row) =>
      row &&
      markup`<div><dt>${row[0]}</dt><dd>${row[1]}</dd></div>
`,
  );
  return markup`<dl>${each}</dl>
`;
}
