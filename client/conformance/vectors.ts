import type { JSONWebKeySet } from 'jose';
import {
  otherSigner,
  partsOf,
  signedWithPublicKey,
  unsigned,
  withOtherSignature,
  withPayload,
} from './forge.ts';
import { addCustomer, cancel, keysOf, leaseFor, type SignedLease, type SystemAccess } from './system.ts';
import type { Expected, Given, Vector } from './vector.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const TOLERANCE = 600;

const INVALID: Expected = { allowed: false, code: 'lease_invalid', until: null };
const refusedAs = (code: string): Expected => ({ allowed: false, code, until: null });
const allowedBy = (lease: SignedLease, code = 'VALID'): Expected => ({
  allowed: true,
  code,
  until: lease.exp,
});

type Change = Partial<Given>;
type Case = readonly [name: string, change: Change, expected: Expected];

/** The leases that a running system gives for what can happen to a subscription, and the vectors about them. */
export async function makeVectors(access: SystemAccess): Promise<Vector[]> {
  const keys = await keysOf(access);
  const year = await addCustomer(access, { plan: 'pro', months: 12 });
  const running = await leaseFor(access, year, 'conformance-1');
  const other = await leaseFor(access, year, 'conformance-2');
  const accented = await leaseFor(access, year, 'b\u00fcro-1');
  const past = (days: number) => new Date(Date.now() - days * DAY * 1_000).toISOString();
  const late = await addCustomer(access, { plan: 'pro', start_date: past(30), end_date: past(6) });
  const inGrace = await leaseFor(access, late, 'conformance-3');
  const ended = await addCustomer(access, { plan: 'pro', months: 12 });
  const cancelled = await leaseFor(access, ended, 'conformance-4', () => cancel(access, ended));

  const about = (lease: SignedLease, cases: readonly Case[]): Vector[] =>
    cases.map(([name, change, expect]) => ({ name, given: { ...given(lease, keys), ...change }, expect }));
  return [
    ...about(running, timeCases(running)),
    ...about(running, await forgeries(running, keys)),
    ...about(running, holderCases(running, other)),
    ...about(running, questionCases(running)),
    ...about(accented, [
      ['the client id in another form of Unicode', { client_id: 'bu\u0308ro-1' }, allowedBy(accented)],
    ]),
    ...about(inGrace, [
      ['in the grace', {}, allowedBy(inGrace)],
      ['at the end of the grace', { now: inGrace.exp }, refusedAs('lease_expired')],
      ['a release of before the end', { released_at: past(7) }, allowedBy(inGrace)],
      ['a release of the grace', { released_at: past(5) }, refusedAs('release_not_covered')],
    ]),
    ...about(cancelled, endedCases(cancelled)),
  ];
}

const given = (lease: SignedLease, keys: JSONWebKeySet): Given => ({
  lease: lease.token,
  keys,
  issuer: String(partsOf(lease.token).payload.iss),
  product: 'app',
  client_id: lease.clientId,
  nonce: null,
  now: lease.iat + HOUR,
  mark: lease.iat,
  entitlements: [],
  released_at: null,
});

const timeCases = (lease: SignedLease): Case[] => [
  ['an hour later', {}, allowedBy(lease)],
  ['in its last second', { now: lease.exp - 1 }, allowedBy(lease)],
  ['at its end', { now: lease.exp }, refusedAs('lease_expired')],
  ['long after its end', { now: lease.exp + 365 * DAY }, refusedAs('lease_expired')],
  ['with a clock that is a little behind', { now: lease.iat - 60 }, allowedBy(lease)],
  ['ten minutes behind the mark', { mark: lease.iat + HOUR + TOLERANCE }, allowedBy(lease)],
  [
    'more than ten minutes behind the mark',
    { mark: lease.iat + HOUR + TOLERANCE + 1 },
    refusedAs('clock_set_back'),
  ],
  [
    'more than ten minutes behind the lease itself',
    { now: lease.iat - TOLERANCE - 1, mark: 0 },
    refusedAs('clock_set_back'),
  ],
  ['over, with a clock that was set back', { mark: lease.exp + DAY }, refusedAs('clock_set_back')],
  [
    'just answered, with a clock a year behind',
    { nonce: lease.nonce, now: lease.iat - 365 * DAY },
    allowedBy(lease),
  ],
  [
    'just answered, with a clock a year ahead',
    { nonce: lease.nonce, now: lease.iat + 365 * DAY },
    allowedBy(lease),
  ],
  ['just answered, below the mark', { nonce: lease.nonce, mark: lease.iat + 365 * DAY }, allowedBy(lease)],
  ['the answer to another question', { nonce: 'another' }, INVALID],
];

async function forgeries(lease: SignedLease, keys: JSONWebKeySet): Promise<Case[]> {
  const { token, exp } = lease;
  const kid = String(partsOf(token).header.kid);
  const [thief, stranger] = [await otherSigner(kid), await otherSigner('another')];
  const known = { keys: { keys: [...keys.keys, stranger.jwk] } };
  const { license } = partsOf(token).payload as { license: object };
  return [
    ['no lease at all', { lease: '' }, INVALID],
    ['three parts of nothing', { lease: 'a.b.c' }, INVALID],
    ['a later end', { lease: withPayload(token, { exp: exp + DAY }) }, INVALID],
    ['another signature', { lease: withOtherSignature(token) }, INVALID],
    ['unsigned', { lease: unsigned(token) }, INVALID],
    ['signed with the public key as a secret', { lease: signedWithPublicKey(token, keys) }, INVALID],
    ["signed by somebody else, under the key's id", { lease: await thief.sign(token) }, INVALID],
    ['signed with a key that is not known', { lease: await stranger.sign(token) }, INVALID],
    ['no keys', { keys: { keys: [] } }, INVALID],
    ['several keys', known, allowedBy(lease)],
    ['another kind of token', { ...known, lease: await stranger.sign(token, {}, { typ: 'JWT' }) }, INVALID],
    ['for another audience', { ...known, lease: await stranger.sign(token, { aud: 'another' }) }, INVALID],
    ['without an end', { ...known, lease: await stranger.sign(token, { exp: undefined }) }, INVALID],
    [
      'that says invalid',
      { ...known, lease: await stranger.sign(token, { license: { ...license, status: 'invalid' } }) },
      INVALID,
    ],
    ['the activation key', { lease: lease.activationKey }, INVALID],
    ['of another issuer', { issuer: 'another' }, INVALID],
  ];
}

const holderCases = (lease: SignedLease, other: SignedLease): Case[] => [
  ['the lease of another client', { lease: other.token }, refusedAs('CLIENT_MISMATCH')],
  ['for another client id', { client_id: 'another' }, refusedAs('CLIENT_MISMATCH')],
  ['for another product', { product: 'another' }, refusedAs('PRODUCT_MISMATCH')],
  ['over, and of another client', { client_id: 'another', now: lease.exp }, refusedAs('CLIENT_MISMATCH')],
];

const questionCases = (lease: SignedLease): Case[] => [
  ['with entitlements of the plan', { entitlements: ['core', 'api'] }, allowedBy(lease)],
  ['with one that the plan lacks', { entitlements: ['core', 'sso'] }, refusedAs('ENTITLEMENTS_MISSING')],
  [
    'over, and with one that the plan lacks',
    { entitlements: ['sso'], now: lease.exp },
    refusedAs('lease_expired'),
  ],
  ['a release of a year ago', { released_at: '2025-01-01T00:00:00Z' }, allowedBy(lease)],
  ['a release at the end', { released_at: lease.expiresAt }, refusedAs('release_not_covered')],
];

const endedCases = (lease: SignedLease): Case[] => [
  ['cancelled, with what is left', {}, allowedBy(lease, 'CANCELLED')],
  ['cancelled, with the free entitlement', { entitlements: ['core'] }, allowedBy(lease, 'CANCELLED')],
  ['cancelled, with a paid one', { entitlements: ['export'] }, refusedAs('ENTITLEMENTS_MISSING')],
  ['cancelled, a release of before', { released_at: '2025-01-01T00:00:00Z' }, allowedBy(lease, 'CANCELLED')],
  ['cancelled, a release at the end', { released_at: lease.expiresAt }, refusedAs('release_not_covered')],
];
