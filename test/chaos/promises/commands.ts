import type { CommandSent, History, LoggedEvent, Violation } from '../history.ts';
import { active, after, eventsByUser, NOBODY } from './fold.ts';

const acknowledged = ({ answer }: CommandSent): boolean =>
  answer !== undefined && answer.status >= 200 && answer.status < 300;

/** Every command that was answered with 2xx left in the log what its answer names. */
export function lostCommands({ commands, log }: History): Violation[] {
  const users = eventsByUser(log);
  return commands.filter(acknowledged).flatMap((command) => {
    const events = users.get(command.userId) ?? [];
    const why = missing(command, events);
    return why === undefined
      ? []
      : [
          {
            promise: 'an acknowledged command is in the log' as const,
            detail: `${command.kind} ${command.key}: ${why}`,
          },
        ];
  });
}

const EVENT_OF = {
  activate: ['LicenseActivated', 'LicenseReinstated'],
  deactivate: ['LicenseDeactivated', 'LicenseRevoked'],
  suspend: ['SubscriptionSuspended'],
  reinstate_subscription: ['SubscriptionReinstated'],
  revoke: ['LicenseRevoked'],
  reinstate_license: ['LicenseReinstated', 'LicenseActivated'],
} as const;

function missing(
  { kind, answer, licenseId }: CommandSent,
  events: readonly LoggedEvent[],
): string | undefined {
  const { position, licenseId: named = licenseId } = answer ?? {};
  if (position === undefined) return 'the answer names no position';
  if (!events.some((event) => event.position === position)) return `the user has no event at ${position}`;
  const types: readonly string[] = EVENT_OF[kind];
  const about = kind === 'suspend' || kind === 'reinstate_subscription' ? undefined : named;
  // Reinstating what is not suspended changes nothing, and rests on no event of its own.
  if (kind === 'reinstate_subscription' || kind === 'reinstate_license') return undefined;
  const done = events.some(
    (event) =>
      event.position <= position &&
      types.includes(event.type) &&
      (about === undefined || event.data.licenseId === about),
  );
  return done ? undefined : `no ${types[0]} of ${about ?? 'the user'} up to ${position}`;
}

/** Attempts under one key name one license, and a command's events stand in the log once, side by side. */
export function doubledCommands({ commands, log }: History): Violation[] {
  const promise = 'one idempotency key, one effect' as const;
  const violations: Violation[] = [];
  for (const [key, attempts] of Map.groupBy(commands.filter(acknowledged), (command) => command.key)) {
    const named = new Set(attempts.map(({ answer }) => answer?.licenseId));
    if (named.size > 1)
      violations.push({ promise, detail: `${key} was answered with ${[...named].join(' and ')}` });
  }
  for (const [commandId, events] of Map.groupBy(log, (event) => `${event.userId} ${event.commandId}`)) {
    const [first] = events as [LoggedEvent];
    const doubled = events.some(({ revision }, i) => revision !== first.revision + i);
    const types = new Set(events.map(({ type, data }) => `${type} ${String(data.clientId)}`));
    if (doubled || types.size < events.length) {
      violations.push({
        promise,
        detail: `command ${commandId} has events at ${events.map((e) => e.position).join(', ')}`,
      });
    }
  }
  return violations;
}

/** The kinds of commands that may lead to an event. */
const ASKED_BY: Readonly<Record<string, readonly CommandSent['kind'][]>> = {
  LicenseActivated: ['activate', 'reinstate_license'],
  LicenseDeactivated: ['deactivate'],
  LicenseRevoked: ['revoke'],
  LicenseReinstated: ['reinstate_license', 'activate'],
  SubscriptionSuspended: ['suspend'],
  SubscriptionReinstated: ['reinstate_subscription'],
};
/** Of the customer's set-up, once each. */
const SET_UP = ['UserSignedUp', 'SubscriptionStarted'];

/** No user has more events of a kind than commands that may lead to it, and none that no command of a run leads to. */
export function unaskedEvents({ commands, log }: History): Violation[] {
  const keysOf = Map.groupBy(commands, ({ userId, kind }) => `${userId} ${kind}`);
  const asked = (userId: string, type: string): number =>
    (ASKED_BY[type] ?? []).reduce(
      (sum, kind) => sum + new Set((keysOf.get(`${userId} ${kind}`) ?? []).map(({ key }) => key)).size,
      0,
    );
  return Map.groupBy(log, ({ userId, type }) => `${userId} ${type}`)
    .values()
    .flatMap((events): Violation[] => {
      const [{ userId, type }] = events as [LoggedEvent];
      const known = type in ASKED_BY;
      const most = known ? asked(userId, type) : Number(SET_UP.includes(type));
      if (events.length <= most) return [];
      const promise = known
        ? ('one idempotency key, one effect' as const)
        : ('bad input gets a 4xx and changes nothing' as const);
      return [{ promise, detail: `${userId} has ${events.length} × ${type}, asked for ${most} times` }];
    })
    .toArray();
}

/** After no event does a user have more active licenses than the terms of that moment allow. */
export function tooManyClients({ log }: History): Violation[] {
  const violations: Violation[] = [];
  for (const [userId, events] of eventsByUser(log)) {
    let state = NOBODY;
    for (const event of events) {
      state = after(state, event);
      if (active(state) > state.maxClients) {
        violations.push({
          promise: 'never more clients than the terms allow',
          detail: `${userId} has ${active(state)} of ${state.maxClients} clients at ${event.position}`,
        });
      }
    }
  }
  return violations;
}
