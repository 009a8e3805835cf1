import { describe, expect, it } from 'vitest';
import {
  admitLicenseKey,
  MAX_OWN_KEYS,
  useLicenseKey,
} from '../../../../command-service/domain/license-key.ts';
import { licenseKeyStatusAt } from '../../../../shared/license-keys/status.ts';
import {
  activated,
  at,
  codeOf,
  DAY,
  DIGEST,
  erased,
  events,
  licenseId,
  NOW,
  Story,
  signedUp,
  started,
  USER,
} from '../given.ts';

const KEY = '01900000-0000-7000-8000-0000000000b1';
const keyId = (n: number): string => `01900000-0000-7000-b000-${n.toString(16).padStart(12, '0')}`;
interface Issue {
  readonly product?: string;
  readonly uses?: number;
  readonly expiresAt?: number;
  readonly imported?: boolean;
  readonly note?: string;
}
const issue = (more: Issue = {}, id = KEY) =>
  ({ type: 'IssueLicenseKey', keyId: id, keyDigest: DIGEST, ...more }) as const;
const revoke = (reason?: string) => ({ type: 'RevokeLicenseKey', keyId: KEY, reason }) as const;
/** A client that the key has activated. */
const byKey = (n: number, clientId = `client-${n}`, keyUses = n) => {
  const { type, data } = activated(n, clientId) as Extract<
    ReturnType<typeof activated>,
    { type: 'LicenseActivated' }
  >;
  return { type, data: { ...data, keyId: KEY, keyUses } };
};
const given = () => Story.given(signedUp, started());
const issued = (more: Issue = {}) => {
  const story = given().by('operator');
  story.does(issue(more));
  return story;
};
const keyOf = (story: Story) => story.state.licenseKeys.byId.get(KEY);
const statusOf = (story: Story, now = story.now) => {
  const key = keyOf(story);
  return key && licenseKeyStatusAt(key, now);
};
const admitted = (story: Story) => admitLicenseKey(story.state.licenseKeys, KEY, story.now);
const used = (story: Story, client: string) => {
  const key = keyOf(story);
  return key && useLicenseKey(story.state.licenseKeys, key, client);
};

describe('issuing a license key', () => {
  it('is of the one product there is, and needs no subscription', () => {
    expect(Story.given(signedUp).by('operator').when(issue())).toEqual(
      events({
        type: 'LicenseKeyIssued',
        data: { userId: USER, keyId: KEY, product: 'app', keyDigest: DIGEST, personal: {} },
      }),
    );
  });

  it('may be bounded, and noted down', () => {
    const more = { product: 'app', uses: 10, expiresAt: NOW + DAY, imported: true, note: 'the lab' };
    expect(given().by('operator').when(issue(more))).toEqual(
      events({
        type: 'LicenseKeyIssued',
        data: {
          userId: USER,
          keyId: KEY,
          product: 'app',
          keyDigest: DIGEST,
          imported: true,
          uses: 10,
          expiresAt: at(NOW + DAY),
          personal: { note: 'the lab' },
        },
      }),
    );
  });

  it('once more is nothing: the answer was lost', () => {
    expect(issued({ uses: 3 }).when(issue({ uses: 3 }))).toMatchObject({
      kind: 'nothing',
      subject: { kind: 'license_key', key: { keyId: KEY, uses: 3, used: 0, issuedBy: 'staff' } },
    });
  });

  it('names a product that there is', () => {
    const story = given().by('operator');
    expect(story.when(issue({ product: 'none' }))).toEqual({
      kind: 'rejected',
      rejection: { code: 'invalid_field', field: 'product', detail: 'no such product; there are: app' },
    });
    const [app] = story.catalogue.products.values();
    if (app)
      story.catalogue = {
        products: new Map([app, { ...app, product: 'editor' }].map((p) => [p.product, p])),
      };
    expect(story.when(issue())).toMatchObject({ rejection: { detail: 'required; there are: app, editor' } });
    expect(story.when(issue({ product: 'editor' }))).toMatchObject({
      events: [{ data: { product: 'editor' } }],
    });
  });

  it('expires ahead of now', () => {
    expect(codeOf(given().when(issue({ expiresAt: NOW })))).toBe('invalid_field');
    expect(codeOf(given().when(issue({ expiresAt: NOW + 1 })))).toBe('events');
  });

  it('is for a user who is there', () => {
    expect(codeOf(new Story().by('operator').when(issue()))).toBe('not_found');
    expect(codeOf(Story.given(signedUp, erased).by('operator').when(issue()))).toBe('not_found');
  });
});

describe('a customer’s own keys', () => {
  it('are 20 good ones at most, whatever staff gave them', () => {
    const story = issued();
    story.by('user');
    for (let n = 1; n <= MAX_OWN_KEYS; n += 1)
      expect(codeOf(story.does(issue({ ...(n === 1 && { expiresAt: NOW + DAY }) }, keyId(n))))).toBe(
        'events',
      );
    expect(story.when(issue({}, keyId(99)))).toEqual({
      kind: 'rejected',
      rejection: { code: 'license_keys_limit_reached', limit: 20 },
    });
    expect(codeOf(story.by('operator').when(issue({}, keyId(99))))).toBe('events');
    story.by('user');
    // The first has expired; then a revoked one makes place.
    story.at(NOW + DAY);
    expect(codeOf(story.does(issue({}, keyId(21))))).toBe('events');
    expect(codeOf(story.when(issue({}, keyId(22))))).toBe('license_keys_limit_reached');
    story.does({ type: 'RevokeLicenseKey', keyId: keyId(2) });
    expect(codeOf(story.when(issue({}, keyId(22))))).toBe('events');
  });
});

describe('revoking a license key', () => {
  it('ends it, with a reason', () => {
    expect(issued().when(revoke('leaked'))).toEqual(
      events({
        type: 'LicenseKeyRevoked',
        data: { userId: USER, keyId: KEY, personal: { reason: 'leaked' } },
      }),
    );
  });

  it('that is revoked is nothing, and needs one that there is', () => {
    const story = issued();
    story.does(revoke());
    expect(story.when(revoke('again'))).toMatchObject({
      kind: 'nothing',
      subject: { key: { revoked: true } },
    });
    expect(codeOf(given().when(revoke()))).toBe('not_found');
  });
});

describe('activating with a license key', () => {
  it('is refused by one that is unknown, revoked or expired', () => {
    expect(admitted(given())).toEqual({ code: 'license_key_unknown' });
    const story = issued({ expiresAt: NOW + DAY });
    expect(admitted(story)).toMatchObject({ keyId: KEY });
    expect(admitted(story.at(NOW + DAY - 1))).toMatchObject({ keyId: KEY });
    expect(admitted(story.at(NOW + DAY))).toEqual({ code: 'license_key_expired' });
    story.does(revoke());
    expect(admitted(story)).toEqual({ code: 'license_key_revoked' });
  });

  it('uses it up by different clients; one that comes back uses nothing up', () => {
    const story = issued({ uses: 2 });
    expect(used(story, 'client-1')).toBe(1);
    story.happened(byKey(1));
    expect(used(story, 'client-1')).toBe(1);
    expect(used(story, 'client-2')).toBe(2);
    expect(statusOf(story)).toBe('good');
    story.happened(byKey(2));
    expect(statusOf(story)).toBe('used_up');
    expect(keyOf(story)).toMatchObject({ uses: 2, used: 2 });
    expect(used(story, 'client-3')).toEqual({ code: 'license_key_used_up', uses: 2 });
    expect(used(story, 'client-2')).toBe(2);
    // The same client, as clients are compared.
    story.happened(byKey(3, 'e\u0301', 3));
    expect(used(story, '\u00e9')).toBe(3);
    expect(keyOf(story)?.used).toBe(3);
  });

  it('has no limit unless one was given', () => {
    const story = issued();
    for (let n = 1; n <= 50; n += 1) story.happened(byKey(n));
    expect(used(story, 'another')).toBe(51);
    expect(statusOf(story)).toBe('good');
    expect(story.state.licenseKeys.uses).toBe(50);
  });

  it('is counted of known keys alone', () => {
    const story = given().happened(byKey(1));
    expect(keyOf(story)).toBeUndefined();
    expect(story.state.licenses.byId.get(licenseId(1))).toMatchObject({ status: 'active' });
  });
});

describe('an activation by a license key', () => {
  const activate = (clientId: string, more: { product?: string; replaces?: string } = {}) =>
    ({ type: 'ActivateClient', clientId, keyId: KEY, ...more }) as const;

  it('names the key and how many clients it has activated by now', () => {
    const story = issued({ uses: 2 });
    story.by('license_key');
    expect(story.does(activate('one'))).toMatchObject({
      events: [{ type: 'LicenseActivated', data: { clientId: 'one', keyId: KEY, keyUses: 1 } }],
    });
    expect(codeOf(story.when(activate('one')))).toBe('nothing');
    expect(story.does(activate('two'))).toMatchObject({ events: [{ data: { keyUses: 2 } }] });
    expect(codeOf(story.when(activate('three')))).toBe('license_key_used_up');
    expect(codeOf(story.when(activate('two')))).toBe('nothing');
    expect(codeOf(story.when({ type: 'ActivateClient', clientId: 'three' }))).toBe('events');
  });

  it('is of the key’s product, whatever the catalogue has today', () => {
    const story = issued();
    story.catalogue = { products: new Map() };
    expect(codeOf(story.when(activate('one')))).toBe('events');
    expect(codeOf(story.when(activate('one', { product: 'app' })))).toBe('events');
    expect(story.when(activate('one', { product: 'editor' }))).toMatchObject({
      rejection: { code: 'invalid_field', field: 'product', detail: 'the license key is for "app"' },
    });
  });

  it('takes the place of another client, which uses the key up as well', () => {
    const story = issued({ uses: 2 });
    story.does(activate('one'));
    expect(story.does(activate('two', { replaces: 'one' }))).toMatchObject({
      events: [{ data: { keyUses: 2 } }],
    });
    expect(codeOf(story.when(activate('three', { replaces: 'two' })))).toBe('license_key_used_up');
    expect(story.when(activate('one', { replaces: 'two' }))).toMatchObject({
      events: [{ data: { keyUses: 2 } }],
    });
  });

  it('is refused by one that is revoked or expired, also for a client that is active', () => {
    const story = issued({ expiresAt: NOW + DAY });
    story.does(activate('one'));
    expect(codeOf(story.at(NOW + DAY).when(activate('one')))).toBe('license_key_expired');
    story.does(revoke());
    expect(codeOf(story.when(activate('one')))).toBe('license_key_revoked');
    expect(codeOf(story.when({ type: 'ActivateClient', clientId: 'one' }))).toBe('nothing');
  });
});
