import { describe, expect, it } from 'vitest';
import { licensesOf } from '../../../../command-service/domain/licenses/state.ts';
import { COMMAND_MEMORY_MS, findRecentCommand } from '../../../../command-service/domain/stream-state.ts';
import { approximateBytes, evolve, initialState } from '../../../../command-service/domain/user-state.ts';
import { activated, NOW, ofLicense, recorded, Story, signedUp, started, USER } from '../given.ts';

const COMMAND = '5f0c2d6e-8a54-4d5b-9a58-0d4f3f1f9a10';

describe('the memory of commands', () => {
  const story = () => {
    const told = Story.given(signedUp, started());
    return told.happened(activated(1), { commandId: COMMAND, requestDigest: 'd1' });
  };

  it('holds what a command left behind, as it was then', () => {
    const { state } = story().happened(ofLicense('LicenseDeactivated', 1));
    expect(findRecentCommand(state, COMMAND, NOW)).toMatchObject({
      requestDigest: 'd1',
      type: 'LicenseActivated',
      subject: { kind: 'license', license: { clientId: 'client-1', status: 'active' } },
      revision: 2,
      position: { commit: 20n, prepare: 20n },
      at: NOW,
    });
  });

  it('holds it for 24 hours, whether or not events came since', () => {
    const { state } = story();
    expect(findRecentCommand(state, COMMAND, NOW + COMMAND_MEMORY_MS - 1)).toBeDefined();
    expect(findRecentCommand(state, COMMAND, NOW + COMMAND_MEMORY_MS)).toBeUndefined();
  });

  it('drops what is older with the next event, so it does not grow for ever', () => {
    const told = story();
    expect(told.state.recentCommands.size).toBe(3);
    told.at(NOW + COMMAND_MEMORY_MS).happened(ofLicense('LicenseDeactivated', 1));
    expect(told.state.recentCommands.size).toBe(1);
  });

  it('takes the later record of an id that is used again', () => {
    const told = story()
      .happened(activated(2))
      .at(NOW + 1);
    told.happened(ofLicense('LicenseDeactivated', 1), { now: NOW + 1, commandId: COMMAND });
    expect(findRecentCommand(told.state, COMMAND, NOW + 1)?.type).toBe('LicenseDeactivated');
    expect([...told.state.recentCommands.keys()].at(-1)).toBe(COMMAND);
  });
});

describe('a state', () => {
  it('has a time that never goes back', () => {
    const told = Story.given(signedUp).happened(started(), { now: NOW - 60_000 });
    expect(told.state.lastEventAt).toBe(NOW);
    expect(told.subscription?.createdAt).toBe(NOW);
  });

  it('replaces its records and never changes them', () => {
    const told = Story.given(signedUp, started(), activated(1));
    const before = [...told.state.licenses.byId.values()][0];
    const copy = structuredClone(before);
    told.happened(ofLicense('LicenseRevoked', 1));
    expect(before).toEqual(copy);
    expect(told.state.licenses.byId.get(before?.licenseId ?? '')?.status).toBe('revoked');
  });

  it('remembers where and when a license was activated, through revoking and reinstating', () => {
    const told = Story.given(signedUp, started(), activated(1)).at(NOW + 5);
    told.happened(ofLicense('LicenseRevoked', 1)).happened(ofLicense('LicenseReinstated', 1));
    expect(told.licenses.ofClient.get('client-1')).toMatchObject({
      status: 'active',
      activatedAt: NOW,
      activatedPosition: { commit: 20n, prepare: 20n },
      updatedAt: NOW + 5,
    });
  });

  it('does not stumble over events about what it does not know', () => {
    const told = Story.given(ofLicense('LicenseRevoked', 7), started());
    told.happened({ type: 'SubscriptionRenewed', data: { userId: USER, subscriptionId: USER, endDate: '' } });
    expect(told.state.revision).toBe(2);
    expect(told.licenses.active).toBe(0);
  });

  it('of ten thousand clients is folded without a copy for each event', () => {
    const history = [signedUp, started('enterprise')].concat(
      Array.from({ length: 10_000 }, (_, n) => activated(n)),
    );
    const maps = new Set<unknown>();
    let state = initialState(USER);
    for (const [revision, event] of history.entries()) {
      state = evolve(state, recorded(event, revision));
      if (revision > 1) maps.add(state.licenses.byId).add(licensesOf(state.licenses, 'app').ofClient);
    }
    expect(maps.size).toBe(2);
    expect(licensesOf(state.licenses, 'app').active).toBe(10_000);
    expect(approximateBytes(state)).toBeGreaterThan(4_000_000);
    expect(approximateBytes(state)).toBeLessThan(20_000_000);
  });
});
