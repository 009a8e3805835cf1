import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PausePoint } from '../../../command-service/dependencies.ts';
import type { LicenseKey } from '../../../command-service/domain/entities.ts';
import type { Outcome } from '../../../command-service/execute/requests.ts';
import type { IssueLicenseKeyRequest } from '../../../command-service/license-keys/issue.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { licenseKeyForm, licenseKeyHash } from '../../../shared/license-keys/text.ts';
import { Backend, type Customer, codeOf, done, keyed, type Node, OPERATOR, signUp } from './nodes.ts';

let backend: Backend;
let one: Node;
beforeAll(async () => {
  backend = await Backend.start();
  one = backend.node();
});
afterAll(() => backend.close());

const request = ({ userId }: Customer, more: Partial<IssueLicenseKeyRequest> = {}) => ({
  userId,
  caller: OPERATOR,
  correlationId: 'test',
  ...more,
});
const keyOf = (outcome: Outcome): LicenseKey => {
  const { subject } = done(outcome);
  if (subject.kind !== 'license_key') throw new Error(`a ${subject.kind}`);
  return subject.key;
};
const listed = async (node: Node, { userId }: Customer) => {
  const found = await node.licenseKeys.listOf(userId, OPERATOR);
  return found.kind === 'listed' ? found.keys : [];
};
const importedHash = () => licenseKeyHash(licenseKeyForm(`OLD-${randomUUID()}`));
const reservation = async (hash: string) =>
  backend.stream(`key-${await one.vault.reservationDigest('key', hash)}`);
const issuedOf = async ({ userId }: Customer) =>
  (await backend.types(`user-${userId}`)).filter((type) => type === 'LicenseKeyIssued').length;

/** Stops a node at a point, for ever unless it is released, as one that was killed. */
function freeze(node: Node, at: PausePoint) {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  node.pause = async (point) => {
    if (point !== at) return;
    arrived.resolve();
    await released.promise;
  };
  return { arrived: arrived.promise, release: released.resolve };
}

const POINTS = ['reserve.before', 'reserve.after', 'append.before', 'append.after'] as const;

describe('issuing a license key', () => {
  it('reserves it for user and id, then says that it is there', async () => {
    const customer = await signUp(one);
    const key = keyOf(await one.licenseKeys.issue(request(customer, { uses: 3 })));
    const text = await one.licenseKeys.textOf(key);
    const hash = licenseKeyHash(licenseKeyForm(String(text)));
    expect(await one.licenseKeys.holderOf(hash)).toMatchObject({ userId: customer.userId, id: key.keyId });
    expect((await reservation(hash)).map(({ type, data }) => [type, data])).toEqual([
      ['LicenseKeyReserved', { userId: customer.userId, keyId: key.keyId }],
    ]);
    const [, event] = await backend.stream(`user-${customer.userId}`);
    expect(event?.data.keyDigest).toBe(await one.vault.reservationDigest('key', hash));
    const everything = JSON.stringify(
      (await backend.stream(`user-${customer.userId}`)).map(({ data }) => data),
    );
    expect(everything).not.toContain(hash);
    expect(everything).not.toContain(String(text));
    expect(await backend.node().licenseKeys.textOf(key)).toBe(text);
  });

  it.each(POINTS)(
    'cut off at %s, is finished by the next try with the same Idempotency-Key',
    async (point) => {
      const [killed, next] = [backend.node(), backend.node()];
      const customer = await signUp(one);
      const again = keyed(randomUUID(), {}, 'POST /v1/license-keys');
      const frozen = freeze(killed, point);
      const first = killed.licenseKeys.issue(request(customer, again));
      await frozen.arrived;
      const key = keyOf(await next.licenseKeys.issue(request(customer, again)));
      expect(await listed(next, customer)).toEqual([key]);
      const hash = licenseKeyHash(licenseKeyForm(String(await next.licenseKeys.textOf(key))));
      expect(await next.licenseKeys.holderOf(hash)).toMatchObject({ userId: customer.userId, id: key.keyId });
      // And if it was not killed but late, it answers the same.
      frozen.release();
      expect(keyOf(await first).keyId).toBe(key.keyId);
      expect(await issuedOf(customer)).toBe(1);
    },
  );

  it('reserves nothing where it is refused, or can not be written yet', async () => {
    const customer = await signUp(one);
    const hash = importedHash();
    const refused = { importedHash: hash, product: 'none' };
    expect(codeOf(await one.licenseKeys.issue(request(customer, refused)))).toBe('invalid_field');
    const codec = createCodec({ writeLevel: 1, vault: one.vault });
    const older = backend.node({ codec });
    await expect(older.licenseKeys.issue(request(customer, { importedHash: hash }))).rejects.toMatchObject({
      code: 'event_not_enabled',
    });
    const nobody = { ...request(customer, { importedHash: hash }), userId: randomUUID() };
    expect(codeOf(await one.licenseKeys.issue(nobody))).toBe('not_found');
    expect(await reservation(hash)).toEqual([]);
  });
});

describe('a license key that another system made', () => {
  it('is found by the hash of its text, and never shown', async () => {
    const customer = await signUp(one);
    const hash = importedHash();
    const key = keyOf(await one.licenseKeys.issue(request(customer, { importedHash: hash })));
    expect(key.imported).toBe(true);
    expect(await one.licenseKeys.textOf(key)).toBeNull();
    expect(await one.licenseKeys.holderOf(hash)).toMatchObject({ userId: customer.userId, id: key.keyId });
  });

  it('is nothing the second time, however late, and stays with its user', async () => {
    const [customer, other] = [await signUp(one), await signUp(one)];
    const hash = importedHash();
    const first = keyOf(await one.licenseKeys.issue(request(customer, { importedHash: hash })));
    const again = done(await backend.node().licenseKeys.issue(request(customer, { importedHash: hash })));
    expect(again).toMatchObject({ changed: false, subject: { key: { keyId: first.keyId } } });
    expect(codeOf(await one.licenseKeys.issue(request(other, { importedHash: hash })))).toBe(
      'license_key_taken',
    );
    expect(await issuedOf(customer)).toBe(1);
    expect(await issuedOf(other)).toBe(0);
  });

  it.each(POINTS)('cut off at %s, is completed under the id that was reserved', async (point) => {
    const [killed, next] = [backend.node(), backend.node()];
    const customer = await signUp(one);
    const hash = importedHash();
    const frozen = freeze(killed, point);
    const first = killed.licenseKeys.issue(request(customer, { importedHash: hash }));
    await frozen.arrived;
    const key = keyOf(await next.licenseKeys.issue(request(customer, { importedHash: hash })));
    const reserved = await reservation(hash);
    expect(reserved.map(({ data }) => data.keyId)).toEqual([key.keyId]);
    frozen.release();
    expect(keyOf(await first).keyId).toBe(key.keyId);
    expect(await listed(next, customer)).toEqual([key]);
    expect(await issuedOf(customer)).toBe(1);
  });

  it('imported by many at once is there once', async () => {
    const customers = await Promise.all([signUp(one), signUp(one)]);
    const nodes = [one, backend.node()];
    const hash = importedHash();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        nodes[n % 2]?.licenseKeys.issue(
          request(customers[n % 4 < 2 ? 0 : 1] as Customer, { importedHash: hash }),
        ),
      ),
    );
    const codes = outcomes.map((outcome) => outcome && codeOf(outcome));
    expect(codes.filter((code) => code === 'done')).toHaveLength(10);
    expect(codes.filter((code) => code === 'license_key_taken')).toHaveLength(10);
    expect((await Promise.all(customers.map(issuedOf))).sort()).toEqual([0, 1]);
  });
});
