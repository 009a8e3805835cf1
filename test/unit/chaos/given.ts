import type {
  CommandSent,
  FaultWindow,
  History,
  LoggedEvent,
  ReadSent,
  UserRow,
  ValidationSent,
} from '../../chaos/history.ts';

export const USER = 'user-1';

const TERMS = { terms: { maxClients: 2 } };

const event = (
  position: number,
  type: string,
  data: LoggedEvent['data'],
  commandId = `c${position}`,
): LoggedEvent => ({
  position,
  userId: USER,
  revision: position - 1,
  type,
  data,
  commandId,
});

/** Activated twice, one license ended, all of it acknowledged, read, validated and projected. */
const log: readonly LoggedEvent[] = [
  event(1, 'UserSignedUp', {}),
  event(2, 'SubscriptionStarted', TERMS),
  event(3, 'LicenseActivated', { licenseId: 'l1', clientId: 'one' }),
  event(4, 'LicenseActivated', { licenseId: 'l2', clientId: 'two' }),
  event(5, 'LicenseDeactivated', { licenseId: 'l1' }),
];

const command = (
  kind: CommandSent['kind'],
  key: string,
  at: number,
  answer: CommandSent['answer'],
  licenseId?: string,
): CommandSent => ({ kind, key, userId: USER, sentAt: at, answeredAt: at + 10, answer, licenseId });

const commands: readonly CommandSent[] = [
  command('activate', 'a', 100, { status: 201, position: 3, licenseId: 'l1' }),
  command('activate', 'b', 200, { status: 201, position: 4, licenseId: 'l2' }),
  command('deactivate', 'c', 300, { status: 204, position: 5 }, 'l1'),
];

export const validation = (licenseId: string, at: number, code: string, age?: number): ValidationSent => ({
  userId: USER,
  licenseId,
  sentAt: at,
  answeredAt: at + 1,
  answer: { status: 200, code, age },
});

export const read = (licenseId: string, minPosition: number, license: string): ReadSent => ({
  userId: USER,
  licenseId,
  minPosition,
  sentAt: 0,
  answeredAt: 1,
  answer: { status: 200, license },
});

export const row = (licenses: Record<string, string>, revision = 4): UserRow => ({
  userId: USER,
  revision,
  parked: false,
  licenses: new Map(Object.entries(licenses)),
});

/** A history in which every promise was kept. */
export const KEPT: History = {
  commands,
  validations: [
    validation('l1', 150, 'VALID'),
    validation('l2', 5_000, 'VALID'),
    validation('l1', 5_000, 'DEACTIVATED'),
  ],
  reads: [read('l1', 3, 'active'), read('l1', 5, 'deactivated')],
  badRequests: [{ what: 'no JSON', sentAt: 0, answeredAt: 1, answer: { status: 400 } }],
  failedInRestarts: [],
  log,
  rows: [row({ l1: 'deactivated', l2: 'active' })],
  activationsByDay: 2,
  views: [{ key: 'license:l1', cached: 'deactivated', row: 'deactivated' }],
  compared: [{ table: 'licenses', equal: true }],
  faults: [],
  seenWithinMs: 1_000,
};

export const logged = event;
export const sent = command;

export const fault = (change: Partial<FaultWindow>): FaultWindow => ({
  name: 'kill something',
  promised: 'all',
  left: 'database',
  from: 5_100,
  to: 6_000,
  nodesSince: 0,
  oldestNodeSince: 0,
  redisSince: 0,
  ...change,
});
