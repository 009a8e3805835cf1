import type { Queryable } from '../shared/adapters/postgres/pool.ts';
import type { Catalogue } from '../shared/catalogue/catalogue.ts';
import type { Clock } from '../shared/clock.ts';
import { routesFor } from '../shared/http/routes/route.ts';
import type { KeyRing } from '../shared/tokens/key-ring.ts';
import type { Histories } from './queries/history.ts';
import type { ReadYourWrites } from './queries/read-your-writes.ts';
import type { Figures } from './queries/stats/figures.ts';

/** What the routes of this service work with. */
export interface QueryContext {
  readonly db: Queryable;
  readonly readYourWrites: ReadYourWrites;
  readonly histories: Pick<Histories, 'read'>;
  readonly stats: () => Promise<Figures>;
  readonly catalogue: Catalogue;
  readonly leaseKeys: Pick<KeyRing, 'jwks'>;
  readonly clock: Clock;
}

export const queryRoute = routesFor<QueryContext>();
