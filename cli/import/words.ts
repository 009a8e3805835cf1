import type { Imported } from '../../command-service/import/importer.ts';
import { PROBLEMS } from '../../shared/http/problems/problem-codes.ts';

type Refused = Extract<Imported, { kind: 'refused' }>;

/** Why a customer was left out, beginning with the place in the line. */
export function wordsOf({ place, refusal }: Refused): string {
  const at = (where: string, what: string) => (where === '' ? what : `${where}: ${what}`);
  if (refusal.code === 'invalid_field') return at(`${place}/${refusal.field}`, refusal.detail);
  return at(place, `${PROBLEMS[refusal.code].title} (${refusal.code})`);
}
