import { type ShownCatalogue, shownCatalogueSchema } from '../../shared/catalogue/shown.ts';

const DEADLINE_MS = 10_000;

/** The system could not be asked for its catalogue, or did not answer with one. */
export class CatalogueUnknown extends Error {
  readonly code = 'catalogue_unknown';
  constructor(url: string, why: string, options?: ErrorOptions) {
    super(`the catalogue of ${url} could not be read: ${why}`, options);
    this.name = 'CatalogueUnknown';
  }
}

/** The catalogue that a running system sells from. @throws CatalogueUnknown */
export async function runningCatalogue(url: string): Promise<ShownCatalogue> {
  let answer: Response;
  try {
    answer = await fetch(new URL('/v1/plans', url), { signal: AbortSignal.timeout(DEADLINE_MS) });
  } catch (cause) {
    throw new CatalogueUnknown(url, 'the server cannot be reached', { cause });
  }
  if (!answer.ok) throw new CatalogueUnknown(url, `GET /v1/plans answered ${answer.status}`);
  let body: unknown;
  try {
    body = await answer.json();
  } catch (cause) {
    throw new CatalogueUnknown(url, 'GET /v1/plans did not answer with JSON', { cause });
  }
  const parsed = shownCatalogueSchema.safeParse(body);
  if (!parsed.success) throw new CatalogueUnknown(url, 'GET /v1/plans of another release answered');
  return parsed.data;
}
