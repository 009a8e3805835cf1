import { createHash } from 'node:crypto';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';

interface TermsSold {
  readonly product: string;
  readonly plan: string;
  readonly terms: Terms;
  readonly at: number;
  readonly position: Position;
}

const ADD = `
INSERT INTO catalogue_terms AS t (product, plan_type, terms_digest, terms, max_clients, grace_days, price, price_months, currency,
  first_at, first_commit, first_prepare)
SELECT product, plan_type, terms_digest, terms, max_clients, grace_days, price, price_months, currency,
  to_timestamp(first_at / 1000.0), first_commit, first_prepare
FROM json_to_recordset($1) AS row (product text, plan_type text, terms_digest text, terms jsonb, max_clients integer,
  grace_days integer, price bigint, price_months integer, currency text, first_at float8, first_commit bigint, first_prepare bigint)
ON CONFLICT (product, plan_type, terms_digest) DO UPDATE
SET first_at = excluded.first_at, first_commit = excluded.first_commit, first_prepare = excluded.first_prepare
WHERE (t.first_commit, t.first_prepare) > (excluded.first_commit, excluded.first_prepare)`;

/** The terms that a batch's events name. */
export class SoldTerms {
  readonly #first = new Map<string, TermsSold>();

  sold(terms: TermsSold): void {
    const key = JSON.stringify([terms.product, terms.plan, terms.terms]);
    const first = this.#first.get(key);
    if (!first || comparePositions(terms.position, first.position) < 0) this.#first.set(key, terms);
  }

  /** A parked event is applied late: what it names may have been named by a later one already. */
  async save(db: Queryable): Promise<void> {
    if (this.#first.size === 0) return;
    const rows = Array.from(this.#first.values(), termsRow);
    await db.query({ name: 'catalogue_terms_add', text: ADD, values: [JSON.stringify(rows)] });
  }
}

function termsRow({ product, plan, terms, at, position }: TermsSold) {
  const text = JSON.stringify(sorted(terms));
  return {
    product,
    plan_type: plan,
    terms_digest: createHash('sha256').update(text).digest('hex'),
    terms: sorted(terms),
    max_clients: terms.maxClients,
    grace_days: terms.graceDays,
    price: terms.price?.amount ?? null,
    price_months: terms.price?.months ?? null,
    currency: terms.price?.currency ?? null,
    first_at: at,
    first_commit: String(position.commit),
    first_prepare: String(position.prepare),
  };
}

/** With the members of every object in the order of their names. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
};
