import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideStaff, type StaffCommand } from '../../../command-service/domain/staff/decide.ts';
import { evolveStaff, initialStaff, type StaffState } from '../../../command-service/domain/staff/state.ts';
import type { NewStaffEvent, Recorded, StaffEvent } from '../../../shared/events/types.ts';
import { staffSessionHolds, staffStatus } from '../../../shared/staff/account.ts';
import { ALL_SCOPES, type Scope } from '../../../shared/tokens/scopes.ts';

const NOW = Date.UTC(2026, 5, 1);
const STAFF = '019afc2e-7a30-4b6e-9f14-3c5d8e1b2a70';
const everything = new Set<string>(ALL_SCOPES);

const recorded = (event: NewStaffEvent, revision: number): Recorded<StaffEvent> => ({
  id: randomUUID(),
  // Nothing here opens what is sealed.
  event: event as unknown as StaffEvent,
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

/** Gives a command, and folds what comes of it. */
function tell(state: StaffState, command: StaffCommand, held: ReadonlySet<string> = everything): StaffState {
  const decision = decideStaff(state, command, held, { now: NOW });
  if (decision.kind !== 'events') return state;
  return decision.events.reduce(
    (before, event) => evolveStaff(before, recorded(event, before.revision + 1)),
    state,
  );
}

const [SESSION, OTHER, FACTOR, WELCOME] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const invite = (scopes: readonly Scope[]): StaffCommand => ({
  type: 'Invite',
  ...{ email: 'grace@example.com', name: 'Grace', scopes, welcomeId: WELCOME },
});
const setPassword: StaffCommand = { type: 'SetPassword', passwordHash: 'h', factorId: FACTOR };
const confirm: StaffCommand = { type: 'ConfirmSecondFactor', step: 7, sessionId: SESSION };
const member = (scopes: readonly Scope[] = ['keys:write']) =>
  [invite(scopes), setPassword, confirm].reduce(
    (state, command) => tell(state, command),
    initialStaff(STAFF),
  );
const runs = ({ account }: StaffState, sessionId = SESSION) =>
  account !== undefined && staffSessionHolds(account, sessionId);

describe('a person of the staff', () => {
  it('is active once password and second factor are set, with the first session', () => {
    const invited = tell(initialStaff(STAFF), invite(['keys:write']));
    expect(invited.account && staffStatus(invited.account)).toBe('invited');
    const state = member();
    expect(state.account && staffStatus(state.account)).toBe('active');
    expect(runs(state)).toBe(true);
    expect(state.logIn).toMatchObject({ factorId: FACTOR, lastStep: 7, usedRecoveryCodes: [] });
    expect(state.logIn.welcome).toBeUndefined();
  });

  it('has used up what a log-in says', () => {
    const logIn = (proof: object): StaffCommand => ({ type: 'LogIn', sessionId: OTHER, proof });
    expect(tell(member(), logIn({ step: 9 })).logIn.lastStep).toBe(9);
    expect(tell(member(), logIn({ recoveryCode: 3 })).logIn.usedRecoveryCodes).toEqual([3]);
    // An OpenID provider uses nothing up.
    expect(tell(member(), logIn({})).logIn).toMatchObject({ lastStep: 7, usedRecoveryCodes: [] });
  });

  it.each<[string, StaffCommand]>([
    ['EndSessions', { type: 'EndSessions' }],
    ['ChangeScopes', { type: 'ChangeScopes', scopes: ['keys:write', 'customers:read'] }],
    ['SetPassword', { type: 'SetPassword', passwordHash: 'h' }],
    ['Reset', { type: 'Reset', welcomeId: randomUUID() }],
    ['Remove', { type: 'Remove' }],
  ])('has no session any more after %s', (_name, command) => {
    const both = tell(member(), { type: 'LogIn', sessionId: OTHER, proof: { step: 9 } });
    expect([runs(both), runs(both, OTHER)]).toEqual([true, true]);
    const after = tell(both, command);
    expect([runs(after), runs(after, OTHER)]).toEqual([false, false]);
  });

  it('ends one session by its log-out, again without effect', () => {
    const both = tell(member(), { type: 'LogIn', sessionId: OTHER, proof: { step: 9 } });
    const out = tell(both, { type: 'LogOut', sessionId: SESSION });
    expect([runs(out), runs(out, OTHER)]).toEqual([false, true]);
    expect(decideStaff(out, { type: 'LogOut', sessionId: SESSION }, everything, { now: NOW }).kind).toBe(
      'nothing',
    );
  });

  it('has 20 sessions at most, the latest', () => {
    let state = member();
    const ids = Array.from({ length: 20 }, () => randomUUID());
    for (const [i, sessionId] of ids.entries())
      state = tell(state, { type: 'LogIn', sessionId, proof: { step: 8 + i } });
    expect(runs(state)).toBe(false);
    expect(ids.every((id) => runs(state, id))).toBe(true);
  });

  it('keeps nothing of a second factor that was reset', () => {
    const used = tell(member(), { type: 'LogIn', sessionId: OTHER, proof: { recoveryCode: 1 } });
    const after = tell(used, { type: 'Reset', welcomeId: OTHER });
    expect(after.logIn).toMatchObject({ sealedPassword: '', lastStep: -1, usedRecoveryCodes: [] });
    expect(after.logIn.factorId).toBeUndefined();
    expect(after.logIn.welcome?.welcomeId).toBe(OTHER);
    // A ticket from before begins no second session.
    expect(after.logIn.lately.map(({ sessionId }) => sessionId)).toContain(OTHER);
  });
});

it('nobody gets into an account that can do more than they can, by whatever sequence', () => {
  const scopes = fc.uniqueArray(fc.constantFrom(...ALL_SCOPES));
  const command: fc.Arbitrary<StaffCommand> = fc.oneof(
    scopes.map((some) => invite(some)),
    scopes.map((some) => ({ type: 'ChangeScopes', scopes: some }) as const),
    fc.constant({ type: 'Reset', welcomeId: OTHER } as const),
    fc.constant({ type: 'EndSessions' } as const),
  );
  fc.assert(
    fc.property(scopes, scopes, fc.array(command, { maxLength: 20 }), (mine, theirs, commands) => {
      const held = new Set<string>(mine);
      let state = member(theirs);
      for (const each of commands) {
        const before = new Set<string>(state.account?.scopes);
        state = tell(state, each, held);
        // Whoever has the welcome is the member.
        const isMine = state.logIn.welcome?.welcomeId === OTHER;
        for (const scope of state.account?.scopes ?? [])
          expect(held.has(scope) || (before.has(scope) && !isMine)).toBe(true);
      }
    }),
  );
});
