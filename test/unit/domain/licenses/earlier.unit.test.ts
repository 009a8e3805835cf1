import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { License } from '../../../../command-service/domain/entities.ts';
import {
  addEarlier,
  findEarlier,
  noEarlierLicenses,
} from '../../../../command-service/domain/licenses/earlier.ts';
import { licenseOf } from '../../../../command-service/domain/licenses/state.ts';
import { codeOf, NOW, Story, signedUp, started, USER } from '../given.ts';

const SUBSCRIPTIONS = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'];
const instant = fc.integer({ min: 0, max: 8_640_000_000_000_000 });
const position = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

const license: fc.Arbitrary<License> = fc.record(
  {
    licenseId: fc.uuid(),
    clientId: fc.string({ maxLength: 20 }),
    product: fc.constantFrom('app', 'studio'),
    subscriptionId: fc.constantFrom(...SUBSCRIPTIONS),
    keyId: fc.uuid(),
    status: fc.constant('deactivated' as const),
    activatedAt: instant,
    activatedPosition: fc.record({ commit: position, prepare: position }),
    updatedAt: instant,
  },
  {
    requiredKeys: [
      'licenseId',
      'clientId',
      'product',
      'subscriptionId',
      'status',
      'activatedAt',
      'activatedPosition',
      'updatedAt',
    ],
  },
);

const packed = (licenses: readonly License[]) => {
  const earlier = noEarlierLicenses();
  for (const one of licenses) expect(addEarlier(earlier, one)).toBe(true);
  return earlier;
};

describe('earlier licenses', () => {
  it('are found as they were, however many, also after a snapshot', () => {
    const several = fc.uniqueArray(license, { selector: ({ licenseId }) => licenseId, maxLength: 60 });
    fc.assert(
      fc.property(several, fc.uuid(), (licenses, other) => {
        const earlier = packed(licenses);
        const restored = deserialize(serialize(earlier)) as typeof earlier;
        for (const one of licenses) {
          expect(findEarlier(earlier, one.licenseId)).toEqual(one);
          expect(findEarlier(restored, one.licenseId)).toEqual(one);
        }
        expect(findEarlier(earlier, other)).toBeUndefined();
      }),
    );
  });

  it('are told apart where their ids end alike', () => {
    const [one] = fc.sample(license, 1) as [License];
    const licenses = Array.from({ length: 100 }, (_, n) => ({
      ...one,
      licenseId: `${String(n).padStart(8, '0')}-0000-7000-8000-000000000000`,
      activatedAt: n,
    }));
    const earlier = packed(licenses);
    for (const each of licenses) expect(findEarlier(earlier, each.licenseId)).toEqual(each);
  });

  it('have ids that this system makes; another one is not taken, and not found', () => {
    const [one] = fc.sample(license, 1) as [License];
    const earlier = packed([]);
    expect(addEarlier(earlier, { ...one, licenseId: 'license-1' })).toBe(false);
    expect(earlier.size).toBe(0);
    expect(findEarlier(earlier, 'license-1')).toBeUndefined();
  });
});

describe('a client that was activated a hundred times', () => {
  const story = Story.given(signedUp, started());
  const ids: string[] = [];
  for (let n = 0; n < 100; n += 1) {
    story.at(NOW + n).does({ type: 'ActivateClient', clientId: 'client-1' });
    ids.push(story.licenses.ofClient.get('client-1')?.licenseId ?? '');
    if (n < 99) story.does({ type: 'DeactivateClient', clientId: 'client-1' });
  }

  it('has one license as an object, and each earlier one by its id', () => {
    expect(story.state.licenses.byId.size).toBe(1);
    expect(ids.map((id) => licenseOf(story.state.licenses, id)?.status)).toEqual([
      ...Array.from({ length: 99 }, () => 'deactivated'),
      'active',
    ]);
    expect(licenseOf(story.state.licenses, ids[7] as string)).toMatchObject({
      clientId: 'client-1',
      activatedAt: NOW + 7,
      activatedPosition: { commit: 10n * (2n + 14n) },
    });
  });

  it('is not ended by the key of an earlier one, nor does staff bring one back', () => {
    const [licenseId] = ids as [string];
    const ended = story.when({ type: 'DeactivateClient', clientId: 'client-1', licenseId });
    expect(ended.kind).toBe('nothing');
    expect(codeOf(story.when({ type: 'ReinstateLicense', licenseId }))).toBe('license_deactivated');
    expect(codeOf(story.when({ type: 'RevokeLicense', licenseId }))).toBe('license_replaced');
  });

  it('stays as it is when an event of a former release changes an earlier one', () => {
    const [licenseId] = ids as [string];
    story.happened({
      type: 'LicenseRevoked',
      data: { userId: USER, licenseId, clientId: 'client-1', personal: {} },
    });
    expect(licenseOf(story.state.licenses, licenseId)?.status).toBe('revoked');
    expect(story.licenses.ofClient.get('client-1')?.licenseId).toBe(ids.at(-1));
    expect(story.licenses.active).toBe(1);
  });
});
