import { describe, expect, it } from 'vitest';
import type { Vault } from '../../../shared/vault/vault.ts';
import { BUILDS_EMAIL, giantEmail, world } from '../../bench/million/generate/world.ts';

/** Digests that say what they are of. */
const vault = {
  emailDigest: async (email: string) => Buffer.from(email.padEnd(32, '.')).toString('hex').slice(0, 64),
  reservationDigest: async (kind: string, value: string) => `${kind}${value}`.slice(0, 64),
  derive: async (_kind: string, id: string) => Buffer.from(id.replaceAll('-', ''), 'hex'),
} as Vault;

const CUSTOMERS = 500;

const steps = () =>
  Array.fromAsync(world({ customers: CUSTOMERS, eventsEach: 7, seed: 1, passwordHash: 'none' }, vault));

describe('the history of many customers and a few giants', () => {
  it('goes forward in time, and every stream begins where its user does', async () => {
    const all = await steps();
    expect(all.every(({ at }, i) => i === 0 || at >= (all[i - 1]?.at ?? 0))).toBe(true);
    const begun = new Map<string, string>();
    for (const { event, stream } of all.flatMap(({ events }) => events)) {
      if (event.type === 'UserSignedUp' || event.type === 'UserAdded') {
        expect(begun.has(stream)).toBe(false);
        begun.set(stream, event.data.emailDigest ?? '');
      } else if (stream.startsWith('user-')) expect(begun.has(stream)).toBe(true);
    }
    // Each customer, the one with the most events, and one giant.
    expect(begun.size).toBe(CUSTOMERS + 2);
    const digests = [...begun.values()];
    for (const email of [BUILDS_EMAIL, giantEmail(0)])
      expect(digests).toContain(await vault.emailDigest(email));
  });

  it('reserves every license key before it is issued, and counts what it activates', async () => {
    const events = (await steps()).flatMap(({ events }) => events.map(({ event }) => event));
    const reserved = new Set<string>();
    const uses = new Map<string, number>();
    for (const event of events) {
      if (event.type === 'LicenseKeyReserved') reserved.add(event.data.keyId);
      if (event.type === 'LicenseKeyIssued') {
        expect(reserved).toContain(event.data.keyId);
        uses.set(event.data.keyId, 0);
      }
      if (event.type !== 'LicenseActivated' || event.data.keyId === undefined) continue;
      const used = (uses.get(event.data.keyId) ?? Number.NaN) + 1;
      expect(event.data.keyUses).toBe(used);
      uses.set(event.data.keyId, used);
    }
    expect(uses.size).toBeGreaterThan(10);
    expect([...uses.values()].some((used) => used > 1)).toBe(true);
  });

  it('gives one customer as many events as there are customers, and another as many active machines', async () => {
    const all = await steps();
    const of = Map.groupBy(all, ({ userId }) => userId);
    const sizes = [...of.values()].map((one) => one.length).sort((a, b) => b - a);
    expect(sizes.slice(0, 2)).toEqual([CUSTOMERS + 2, CUSTOMERS / 2 + 2]);
  });
});
