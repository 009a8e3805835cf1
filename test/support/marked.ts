/** What a command wrote into a document stands between `<!-- name -->` and `<!-- /name -->`. */
const marksOf = (name: string) => [`<!-- ${name} -->`, `<!-- /${name} -->`] as const;

/** Does the document have a place of this name? */
export const hasMarked = (document: string, name: string): boolean => placeOf(document, name) !== undefined;

/**
 * The document with `text` in the place of this name, and nothing else changed.
 * @throws Error it has no such place
 */
export function replaceMarked(document: string, name: string, text: string): string {
  const place = placeOf(document, name);
  if (!place)
    throw new Error(`the document has no ${marksOf(name).join(' … ')}: write them where the table belongs`);
  return `${document.slice(0, place.from)}\n${text.trim()}\n${document.slice(place.to)}`;
}

function placeOf(document: string, name: string): { readonly from: number; readonly to: number } | undefined {
  const [opening, closing] = marksOf(name);
  const start = document.indexOf(opening);
  if (start === -1) return undefined;
  const from = start + opening.length;
  const to = document.indexOf(closing, from);
  return to === -1 ? undefined : { from, to };
}
