import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideStaff, type StaffCommand } from '../../../command-service/domain/staff/decide.ts';
import { evolveStaff, initialStaff, type StaffState } from '../../../command-service/domain/staff/state.ts';
import type { NewStaffEvent, Recorded, StaffEvent } from '../../../shared/events/types.ts';
import { staffKeyStatusAt, staffTokenHolds } from '../../../shared/staff/account.ts';
import { ALL_SCOPES } from '../../../shared/tokens/scopes.ts';

const NOW = Date.UTC(2026, 5, 1);
const STAFF = '019afc2e-7a30-4b6e-9f14-3c5d8e1b2a70';
const KEY = '019afc2e-9c41-4d02-8a3b-5e6f7a8b9c0d';
const DIGEST = 'd'.repeat(64);
const everything = new Set<string>(ALL_SCOPES);

const recorded = (event: StaffEvent | NewStaffEvent, revision: number): Recorded<StaffEvent> => ({
  id: randomUUID(),
  // Nothing here opens what is sealed.
  event: event as StaffEvent,
  stream: `staff-${STAFF}`,
  revision,
  position: { commit: BigInt(revision), prepare: BigInt(revision) },
  created: new Date(NOW),
  metadata: {
    $correlationId: 'c',
    $causationId: 'c',
    commandId: randomUUID(),
    actor: { role: 'operator', id: 'test' },
    schemaVersion: 1,
  },
});

const given = (...events: readonly StaffEvent[]): StaffState =>
  events.reduce(
    (state, event, revision) => evolveStaff(state, recorded(event, revision)),
    initialStaff(STAFF),
  );
const when = (state: StaffState, command: StaffCommand, held: ReadonlySet<string> = everything) =>
  decideStaff(state, command, held, { now: NOW });

const added = (...scopes: string[]): StaffEvent => ({
  type: 'StaffAdded',
  data: { staffId: STAFF, name: 'billing', kind: 'service', scopes },
});
const issued: StaffEvent = {
  type: 'StaffKeyIssued',
  data: { staffId: STAFF, keyId: KEY, keyDigest: DIGEST },
};
const revoked: StaffEvent = { type: 'StaffKeyRevoked', data: { staffId: STAFF, keyId: KEY } };
const removed: StaffEvent = { type: 'StaffRemoved', data: { staffId: STAFF } };
const issue: StaffCommand = { type: 'IssueKey', keyId: KEY, keyDigest: DIGEST };

describe('a service account', () => {
  it('is added with scopes that its maker has', () => {
    const add: StaffCommand = { type: 'AddServiceAccount', name: 'billing', scopes: ['keys:write'] };
    expect(when(given(), add)).toEqual({ kind: 'events', events: [added('keys:write')] });
    expect(when(given(), add, new Set(['staff:write']))).toEqual({
      kind: 'rejected',
      rejection: { code: 'insufficient_scope', scopes: ['keys:write'] },
    });
    expect(when(given(added('keys:write')), add).kind).toBe('nothing');
  });

  it('gets other scopes; the same ones in another order are no change', () => {
    const state = given(added('keys:write', 'licenses:write'));
    const change = (...scopes: string[]): StaffCommand => ({ type: 'ChangeScopes', scopes });
    expect(when(state, change('licenses:write', 'keys:write')).kind).toBe('nothing');
    expect(when(state, change('keys:write'), new Set())).toEqual({
      kind: 'events',
      events: [{ type: 'StaffScopesChanged', data: { staffId: STAFF, scopes: ['keys:write'] } }],
    });
    expect(when(state, change('keys:write', 'staff:write'), new Set(['keys:write']))).toMatchObject({
      rejection: { code: 'insufficient_scope', scopes: ['staff:write'] },
    });
  });

  it('gets keys from who can do what it can; each is revoked by itself', () => {
    const state = given(added('customers:erase'));
    expect(when(state, issue)).toEqual({ kind: 'events', events: [issued] });
    expect(when(state, issue, new Set(['staff:write']))).toMatchObject({
      rejection: { code: 'insufficient_scope', scopes: ['customers:erase'] },
    });
    expect(when(state, { ...issue, expiresAt: NOW })).toMatchObject({
      rejection: { code: 'invalid_field', field: 'expires_at' },
    });
    const withKey = given(added('keys:write'), issued);
    expect(when(withKey, issue).kind).toBe('nothing');
    const revoke: StaffCommand = { type: 'RevokeKey', keyId: KEY };
    expect(when(withKey, revoke)).toEqual({ kind: 'events', events: [revoked] });
    expect(when(given(added('keys:write'), issued, revoked), revoke).kind).toBe('nothing');
    expect(when(given(added('keys:write')), revoke)).toMatchObject({
      rejection: { code: 'not_found', what: 'key' },
    });
  });

  it('that is not there, or was removed, is not found; removing is repeatable', () => {
    const notFound = { rejection: { code: 'not_found', what: 'member of staff' } };
    const remove: StaffCommand = { type: 'Remove' };
    for (const command of [issue, { type: 'ChangeScopes', scopes: [] } as const]) {
      expect(when(given(), command)).toMatchObject(notFound);
      expect(when(given(added('keys:write'), removed), command)).toMatchObject(notFound);
    }
    expect(when(given(), remove)).toMatchObject(notFound);
    expect(when(given(added('keys:write')), remove)).toEqual({ kind: 'events', events: [removed] });
    expect(when(given(added('keys:write'), removed), remove).kind).toBe('nothing');
  });
});

describe('a token', () => {
  const holds = (state: StaffState, rev: number, key = KEY) =>
    state.account !== undefined && staffTokenHolds(state.account, { rev, key });
  const changed: StaffEvent = {
    type: 'StaffScopesChanged',
    data: { staffId: STAFF, scopes: ['keys:write'] },
  };

  it('holds until its key, the scopes or the account are changed', () => {
    expect(holds(given(added('keys:write'), issued), 1)).toBe(true);
    expect(holds(given(added('keys:write'), issued), 1, randomUUID())).toBe(false);
    expect(holds(given(added('keys:write'), issued, changed), 1)).toBe(false);
    expect(holds(given(added('keys:write'), issued, changed), 2)).toBe(true);
    expect(holds(given(added('keys:write'), issued, revoked), 1)).toBe(false);
    expect(holds(given(added('keys:write'), issued, removed), 1)).toBe(false);
  });

  it('key is good until it is revoked, or its time is over', () => {
    const key = { keyId: KEY, createdAt: NOW, expiresAt: NOW + 1, revokedAt: null };
    expect(staffKeyStatusAt(key, NOW)).toBe('good');
    expect(staffKeyStatusAt(key, NOW + 1)).toBe('expired');
    expect(staffKeyStatusAt({ ...key, revokedAt: NOW }, NOW)).toBe('revoked');
  });
});

/** Everything that who has these scopes can come to hold, by whatever they do with accounts, their own and others'. */
it('nobody comes to more scopes than they began with', () => {
  const scopes = fc.uniqueArray(fc.constantFrom(...ALL_SCOPES));
  const command = fc.oneof(
    scopes.map((some): StaffCommand => ({ type: 'ChangeScopes', scopes: some })),
    fc.uuid().map((keyId): StaffCommand => ({ type: 'IssueKey', keyId, keyDigest: DIGEST })),
  );
  fc.assert(
    fc.property(scopes, scopes, fc.array(command, { maxLength: 20 }), (mine, theirs, commands) => {
      const held = new Set<string>(mine);
      let state = given(added(...theirs));
      for (const each of commands) {
        const before = new Set(state.account?.scopes);
        const decision = when(state, each, held);
        if (decision.kind !== 'events') continue;
        for (const event of decision.events) state = evolveStaff(state, recorded(event, state.revision + 1));
        // Whose secret was handed out could do nothing that its receiver can't.
        if (each.type === 'IssueKey') expect([...before].every((scope) => held.has(scope))).toBe(true);
        // And a key that was issued before never gained a scope that was not the giver's.
        for (const scope of state.account?.scopes ?? [])
          expect(before.has(scope) || held.has(scope)).toBe(true);
      }
    }),
  );
});
