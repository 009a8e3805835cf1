import type { ShownCatalogue } from '../../../shared/catalogue/shown.ts';
import type { List } from '../../../shared/http/routes/paging.ts';
import type {
  AccountResource,
  LicenseResource,
  SubscriptionResource,
} from '../../../shared/http/routes/resources.ts';
import type { Outcome } from '../parts/api/api.ts';
import type { Session } from './session/session.ts';

/** What `GET /v1/me` answers. */
export interface Me extends AccountResource {
  /** Those that count, one a product. */
  readonly subscriptions: SubscriptionResource[];
}

/** What the customer has. */
export interface Account {
  readonly me: Me;
  /** All of them, those that are over too. */
  readonly subscriptions: readonly SubscriptionResource[];
  readonly licenses: readonly LicenseResource[];
  readonly products: ShownCatalogue['products'];
  /** Whether there are more machines than are listed. */
  readonly isCut: boolean;
}

/** So many pages of 100 are read: a page that listed 10,000 machines would help nobody. */
const MAX_PAGES = 10;

interface Listed<T> {
  readonly items: readonly T[];
  readonly isCut: boolean;
}

/** Page after page of a list. */
export async function listAll<T>(session: Session, path: string): Promise<Outcome<Listed<T>>> {
  const items: T[] = [];
  let cursor = '';
  for (let page = 1; ; page += 1) {
    const outcome = await session.query<List<T>>(`${path}?limit=100${cursor}`);
    if (!outcome.ok) return outcome;
    items.push(...outcome.body.items);
    const next = outcome.body.next_cursor;
    if (next === null || page === MAX_PAGES) return { ...outcome, body: { items, isCut: next !== null } };
    cursor = `&cursor=${next}`;
  }
}

/** Everything that the overview and the settings show, in one go; or the first problem that came up. */
export async function loadAccount(session: Session): Promise<Outcome<Account>> {
  const [me, plans, subscriptions, licenses] = await Promise.all([
    session.query<Me>('/v1/me'),
    session.query<ShownCatalogue>('/v1/plans'),
    listAll<SubscriptionResource>(session, '/v1/me/subscriptions'),
    listAll<LicenseResource>(session, '/v1/me/licenses'),
  ]);
  if (!me.ok) return me;
  if (!plans.ok) return plans;
  if (!subscriptions.ok) return subscriptions;
  if (!licenses.ok) return licenses;
  const body: Account = {
    me: me.body,
    subscriptions: subscriptions.body.items,
    licenses: licenses.body.items,
    products: plans.body.products,
    isCut: licenses.body.isCut,
  };
  return { ...me, body };
}

/** What the views of the account share. */
export interface View {
  readonly session: Session;
  readonly account: Account;
  /** Says what was done, if anything was, and loads what is shown again. */
  readonly done: (what?: string) => void;
}
