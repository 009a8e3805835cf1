import { expect, it } from 'vitest';
import type { ActiveClient } from '../../../command-service/domain/decision.ts';
import { type Outcome, refused } from '../../../command-service/execute/requests.ts';
import { namingClients } from '../../../command-service/routes/licenses/client-limit.ts';
import { START } from '../../../shared/event-log/position.ts';

const active = (count: number): ActiveClient[] =>
  Array.from({ length: count }, (_, n) => ({
    licenseId: `license-${n}`,
    clientId: `client-${n}`,
    product: 'app',
    subscriptionId: 'subscription',
    status: 'active',
    // The last one was activated first.
    activatedAt: 1_000 - n,
    activatedPosition: START,
    updatedAt: 1_000 - n,
  }));

const full = (count: number): Outcome =>
  refused({ code: 'client_limit_reached', limit: count, activeClients: active(count) });

/** Of a read model that knows these licenses, longest unseen first. */
const knowing = (...licenses: readonly number[]) => ({
  clientFacts: {
    of: async () => ({ clientName: null, lastSeenOn: null }),
    longestUnseen: async (_user: string, _product: string, limit: number) =>
      licenses.slice(0, limit).map((n) => ({
        licenseId: `license-${n}`,
        clientName: `Client ${n}`,
        lastSeenOn: '2030-01-01',
      })),
  },
});

async function shown(outcome: Outcome, ...known: readonly number[]) {
  const named = await namingClients(knowing(...known), 'user', outcome, { personal: true });
  if (named.kind !== 'rejected' || named.rejection.code !== 'client_limit_reached') return undefined;
  return named.rejection.activeClients.map(({ clientId, clientName }) => clientName ?? clientId);
}

it('shows the longest unseen first, then those that the read model does not know yet, oldest first', async () => {
  expect(await shown(full(4), 2, 0)).toEqual(['Client 2', 'Client 0', 'client-3', 'client-1']);
});

it('passes over what the read model takes for active and has been given up', async () => {
  expect(await shown(full(2), 7, 1, 8, 0)).toEqual(['Client 1', 'Client 0']);
  // As many as were freed at once: those that still have a place are asked for beyond them.
  const freed = Array.from({ length: 20 }, (_, n) => 100 + n);
  expect(await shown(full(2), ...freed, 1, 0)).toEqual(['Client 1', 'Client 0']);
});

it('shows at most twenty, with or without the read model', async () => {
  const all = Array.from({ length: 30 }, (_, n) => n);
  expect(await shown(full(30), ...all)).toEqual(all.slice(0, 20).map((n) => `Client ${n}`));
  expect(await shown(full(30))).toEqual(
    all
      .slice(10)
      .reverse()
      .map((n) => `client-${n}`),
  );
});

it('leaves every other answer as it is', async () => {
  const other = refused({ code: 'no_active_subscription' });
  expect(await namingClients(knowing(), 'user', other, { personal: true })).toBe(other);
});

it('leaves out names for who may not see them', async () => {
  const named = await namingClients(knowing(1, 0), 'user', full(2), { personal: false });
  expect(named).toMatchObject({
    rejection: {
      activeClients: [
        { clientId: 'client-1', clientName: null, lastSeenOn: '2030-01-01' },
        { clientId: 'client-0', clientName: null, lastSeenOn: '2030-01-01' },
      ],
    },
  });
});
