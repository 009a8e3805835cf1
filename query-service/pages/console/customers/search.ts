import type { LicenseKeyResource } from '../../../../shared/http/routes/resources.ts';
import type { Api, Outcome } from '../../parts/api/api.ts';
import { withQuery } from '../../parts/api/call.ts';
import type { Customer, List } from './resources.ts';

/** By what a customer was found. */
export type FoundBy = 'id' | 'license_id' | 'email_prefix' | 'client_id' | 'external_id' | 'license_key';

export interface Found {
  readonly customer: Customer;
  readonly by: FoundBy;
}

export type Searched = { readonly found: readonly Found[]; readonly hasMore: boolean };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What may be meant by what was typed, the most telling first. A license key has 25 characters, however they are grouped. */
export function meanings(typed: string, mayReadCustomers: boolean): FoundBy[] {
  const query = typed.trim();
  if (query === '') return [];
  if (UUID.test(query)) return ['id', 'license_id', 'client_id', 'external_id'];
  if (query.includes('@')) return mayReadCustomers ? ['email_prefix'] : [];
  const letters = query.replaceAll(/[\s-]/g, '');
  const isKey = /^[0-9a-z]{25}$/i.test(letters);
  return [
    ...(isKey && mayReadCustomers ? (['license_key'] as const) : []),
    ...(mayReadCustomers && !isKey ? (['email_prefix'] as const) : []),
    'client_id',
    'external_id',
  ];
}

async function userOf(api: Api, id: string): Promise<Outcome<List<Customer>>> {
  const user = await api<Customer>({ method: 'GET', path: `/v1/users/${id}` });
  return user.ok ? { ...user, body: { items: [user.body], next_cursor: null } } : user;
}

async function ask(api: Api, by: FoundBy, query: string): Promise<Outcome<List<Customer>>> {
  if (by === 'id') return userOf(api, query.toLowerCase());
  if (by === 'license_key') {
    const path = '/v1/license-keys/find';
    const key = await api<LicenseKeyResource>({ method: 'POST', path, body: { license_key: query } });
    return key.ok ? userOf(api, key.body.user_id) : key;
  }
  return api({ method: 'GET', path: withQuery('/v1/users', { [by]: query, limit: '20' }) });
}

/** Asks for every meaning at once. Not to be found in one way is no failure; anything else is. */
export async function search(api: Api, typed: string, mayReadCustomers: boolean): Promise<Outcome<Searched>> {
  const query = typed.trim();
  const asked = await Promise.all(
    meanings(query, mayReadCustomers).map(async (by) => ({ by, outcome: await ask(api, by, query) })),
  );
  const failed = asked.find(({ outcome }) => !outcome.ok && ![400, 404].includes(outcome.problem.status));
  if (failed && !failed.outcome.ok) return failed.outcome;
  const found = new Map<string, Found>();
  for (const { by, outcome } of asked)
    for (const customer of outcome.ok ? outcome.body.items : [])
      if (!found.has(customer.user_id)) found.set(customer.user_id, { customer, by });
  const hasMore = asked.some(({ outcome }) => outcome.ok && outcome.body.next_cursor !== null);
  return {
    ok: true,
    status: 200,
    body: { found: [...found.values()], hasMore },
    etag: undefined,
    position: undefined,
  };
}
