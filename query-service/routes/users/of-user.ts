import type { Principal } from '../../../shared/http/routes/auth.ts';
import { type List, type PageQuery, pageOf, showPage } from '../../../shared/http/routes/paging.ts';
import {
  type LicenseResource,
  type SubscriptionResource,
  shownTo,
} from '../../../shared/http/routes/resources.ts';
import { showLicense, showSubscription } from '../../../shared/read-model/show.ts';
import type { QueryContext } from '../../context.ts';
import { licensesOf } from '../../queries/licenses.ts';
import { subscriptionsOf } from '../../queries/subscriptions.ts';

/** A page of a user's subscriptions, by start date: for the user, or for staff. */
export async function pageOfSubscriptions(
  { db, clock }: QueryContext,
  userId: string,
  query: PageQuery,
): Promise<List<SubscriptionResource>> {
  const { page, size } = pageOf(query);
  const rows = await subscriptionsOf(db, userId, page);
  const now = clock();
  return showPage(
    rows,
    size,
    (row) => showSubscription(row, now),
    (row) => row.subscription_id,
  );
}

/** A page of a user's licenses, in the order of their activation. @param principal to whom they are shown */
export async function pageOfLicenses(
  { db }: QueryContext,
  userId: string,
  query: PageQuery,
  principal: Principal | undefined,
): Promise<List<LicenseResource>> {
  const { page, size } = pageOf(query);
  const rows = await licensesOf(db, userId, page);
  const shown = shownTo(principal);
  return showPage(
    rows,
    size,
    (row) => showLicense(row, shown),
    (row) => row.license_id,
  );
}
