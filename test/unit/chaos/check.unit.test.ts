import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../chaos/check.ts';
import type { History } from '../../chaos/history.ts';
import { fault, KEPT, logged, read, row, sent, USER, validation } from './given.ts';

const brokenBy = (change: Partial<History>): string[] => [
  ...new Set(violationsOf({ ...KEPT, ...change }).map(({ promise }) => promise)),
];

const unanswered = (licenseId: string, at: number) => ({
  ...validation(licenseId, at, ''),
  answer: undefined,
});

const many = (licenseId: string, from: number) =>
  Array.from({ length: 10 }, (_, i) => validation(licenseId, from + i, 'VALID'));

const activation = (position: number, licenseId: string, commandId?: string) =>
  logged(position, 'LicenseActivated', { licenseId, clientId: licenseId }, commandId);

describe('the checker of histories', () => {
  it('finds nothing where every promise was kept', () => {
    expect(violationsOf(KEPT)).toEqual([]);
  });

  it.each<[string, Partial<History>, string]>([
    [
      'a lost command: acknowledged, and its license is not in the log',
      {
        commands: [
          ...KEPT.commands,
          sent('activate', 'd', 400, { status: 201, position: 5, licenseId: 'l3' }),
        ],
      },
      'an acknowledged command is in the log',
    ],
    [
      'a lost command: acknowledged at a position that is not the user’s',
      { commands: [...KEPT.commands, sent('suspend', 'd', 400, { status: 200, position: 6 })] },
      'an acknowledged command is in the log',
    ],
    [
      'a doubled command: one key that was answered with two licenses',
      {
        commands: [
          ...KEPT.commands,
          sent('activate', 'b', 220, { status: 201, position: 3, licenseId: 'l1' }),
        ],
      },
      'one idempotency key, one effect',
    ],
    [
      'a doubled command: one command with events in two places',
      { log: [...KEPT.log, logged(6, 'LicenseActivated', { licenseId: 'l3', clientId: 'one' }, 'c3')] },
      'one idempotency key, one effect',
    ],
    [
      'one client too many',
      { log: [...KEPT.log, activation(6, 'l3'), activation(7, 'l4')] },
      'never more clients than the terms allow',
    ],
    ['a reader that went back', { reads: [read('l1', 5, 'active')] }, 'a reader sees its own write'],
    [
      'VALID after the bound',
      { validations: [validation('l1', 1_400, 'VALID')] },
      'what ended is not answered as valid',
    ],
    [
      'VALID after the license was seen to have ended',
      {
        commands: KEPT.commands.slice(0, 2),
        validations: [validation('l1', 320, 'DEACTIVATED'), validation('l1', 1_400, 'VALID')],
      },
      'what ended is not answered as valid',
    ],
    [
      'a view older than the rows',
      { views: [{ key: 'license:l1', cached: 'active', row: 'deactivated' }] },
      'what ended is not answered as valid',
    ],
    [
      'a table that differs from its rebuild',
      { compared: [{ table: 'licenses', equal: false }] },
      'a rebuild equals the live read models',
    ],
    [
      'an event that no row contains',
      { rows: [row({ l1: 'deactivated', l2: 'active' }, 3)] },
      'no event is skipped',
    ],
    [
      'an event that never came to Kafka',
      { relayed: [0, 1, 2, 4].map((revision) => ({ stream: `user-${USER}`, revision })) },
      'no event is skipped',
    ],
    [
      'a user who was parked by a fault: no event of a run is malformed',
      { rows: [{ ...row({}, 1), parked: true }] },
      'no event is skipped',
    ],
    [
      'bad input that changed something',
      { log: [...KEPT.log, logged(6, 'SubscriptionStarted', { terms: { maxClients: 2 } })] },
      'bad input gets a 4xx and changes nothing',
    ],
    [
      'an effect that nobody asked for',
      { log: [...KEPT.log, logged(6, 'LicenseRevoked', { licenseId: 'l2' })] },
      'one idempotency key, one effect',
    ],
    [
      'a row that is not what the events make of it',
      { rows: [row({ l1: 'active', l2: 'active' })] },
      'each event changes the read models once',
    ],
    [
      'an activation that was counted twice',
      { activationsByDay: 3 },
      'each event changes the read models once',
    ],
    [
      'bad input that was answered with a 5xx',
      { badRequests: [{ what: 'no JSON', sentAt: 0, answeredAt: 1, answer: { status: 500 } }] },
      'bad input gets a 4xx and changes nothing',
    ],
    [
      'a request that was lost while nodes were restarted in order',
      { failedInRestarts: ['GET validate: 502'] },
      'a restart in good order loses no request',
    ],
    [
      'a known license that got no answer through a single fault',
      {
        faults: [fault({})],
        validations: [...KEPT.validations, unanswered('l2', 5_500)],
      },
      'known licenses are answered through a fault',
    ],
    [
      'a license that every memory holds, and that got no answer without PostgreSQL and Redis',
      {
        faults: [fault({ left: 'memory' })],
        validations: [...many('l2', 4_000), unanswered('l2', 5_500)],
        commands: [],
        log: [],
        rows: [],
        activationsByDay: 0,
      },
      'known licenses are answered through a fault',
    ],
    [
      'a license that Redis holds, since a node that began with nothing was asked, and that got no answer',
      {
        faults: [fault({ left: 'redis', nodesSince: 4_500, oldestNodeSince: 4_400, redisSince: 4_000 })],
        validations: [validation('l2', 5_000, 'VALID'), unanswered('l2', 5_500)],
      },
      'known licenses are answered through a fault',
    ],
    [
      'too many known licenses without an answer through two faults at once',
      {
        faults: [fault({ promised: 'most' })],
        validations: [...KEPT.validations, unanswered('l2', 5_500)],
      },
      'known licenses are answered through a fault',
    ],
    [
      'a fault that the system did not end by itself',
      { faults: [fault({ notOver: 'command-1 is not ready after a minute' })] },
      'the system recovers by itself',
    ],
  ])('finds %s', (_, change, promise) => {
    expect(brokenBy(change)).toContain(promise);
  });

  it.each<[string, Partial<History>]>([
    ['an answer that says how old it is', { validations: [validation('l1', 9_000, 'VALID', 4)] }],
    [
      'an end that something without an answer may have undone',
      {
        commands: [...KEPT.commands, sent('reinstate_license', 'd', 400, undefined, 'l1')],
        validations: [validation('l1', 9_000, 'VALID')],
      },
    ],
    ['a change within the bound', { validations: [validation('l1', 1_200, 'VALID')] }],
    [
      'a change that a fault under way kept from being seen',
      {
        validations: [validation('l1', 2_000, 'VALID')],
        faults: [fault({ promised: 'nothing', from: 250, to: 1_500 })],
      },
    ],
    [
      'a license without an answer that nobody knew of before the fault',
      { faults: [fault({ from: 100 })], validations: [unanswered('l2', 5_500)] },
    ],
    [
      'a license without an answer that Redis has lost since its node began',
      {
        faults: [fault({ left: 'redis', nodesSince: 4_500, oldestNodeSince: 4_500, redisSince: 4_800 })],
        validations: [validation('l2', 5_000, 'VALID'), unanswered('l2', 5_500)],
      },
    ],
    [
      'a license without an answer that a node may have answered from a memory older than the loss of Redis',
      {
        faults: [fault({ left: 'redis', nodesSince: 4_500, oldestNodeSince: 3_000, redisSince: 4_000 })],
        validations: [validation('l2', 5_000, 'VALID'), unanswered('l2', 5_500)],
      },
    ],
    [
      'a license without an answer that no memory holds, where nothing else is left',
      {
        faults: [fault({ left: 'memory' })],
        validations: [...KEPT.validations, unanswered('l2', 5_500)],
      },
    ],
    [
      'an event that came to Kafka twice',
      { relayed: [0, 1, 2, 1, 2, 3, 4].map((revision) => ({ stream: `user-${USER}`, revision })) },
    ],
    ['a command without an answer', { commands: [...KEPT.commands, sent('activate', 'd', 400, undefined)] }],
  ])('does not call broken: %s', (_, change) => {
    expect(brokenBy(change)).toEqual([]);
  });
});
