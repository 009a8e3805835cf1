import type { Answer, LicenseSystem } from './api.ts';

/** A subscription as the API shows it, as far as this service looks at it. */
export interface Subscription {
  readonly subscription_id: string;
  readonly product: string;
  readonly plan_type: string;
  readonly quantity: number;
  readonly status: 'scheduled' | 'active' | 'grace' | 'suspended' | 'cancelled' | 'expired';
  readonly start_date: string;
  readonly end_date: string;
  readonly cancelled_by: 'user' | 'staff' | null;
  readonly external_id: string | null;
}

/** Every item of a list, page by page, and the first page's answer. */
export async function pages(
  api: LicenseSystem,
  path: string,
  minPosition?: string | undefined,
): Promise<{ readonly items: readonly Subscription[]; readonly first: Answer }> {
  const items: Subscription[] = [];
  let first: Answer | undefined;
  for (let cursor: unknown = ''; cursor !== null; ) {
    const page = cursor === '' ? '' : `&cursor=${encodeURIComponent(String(cursor))}`;
    const answer = await api.call(`${path}limit=100${page}`, { method: 'GET', minPosition });
    first ??= answer;
    items.push(...(answer.body.items as Subscription[]));
    cursor = answer.body.next_cursor ?? null;
  }
  return { items, first: first as Answer };
}
