import type { CommandSent, History, ValidationSent, Violation } from '../history.ts';
import { after, eventsByUser, NOBODY } from './fold.ts';

/** A read with `Min-Event-Position` shows a state that the license had at that position or later. */
export function staleReads({ reads, log }: History): Violation[] {
  const users = eventsByUser(log);
  return reads.flatMap(({ userId, licenseId, minPosition, answer }) => {
    if (answer?.status !== 200 && answer?.status !== 404) return [];
    const shown = answer.status === 404 ? undefined : answer.license;
    const possible = new Set<string | undefined>();
    let state = NOBODY;
    const events = users.get(userId) ?? [];
    for (const [i, event] of events.entries()) {
      state = after(state, event);
      const next = events[i + 1];
      if (next === undefined || next.position > minPosition) possible.add(state.licenses.get(licenseId));
    }
    if (possible.has(shown)) return [];
    const detail = `${licenseId} from ${minPosition} on was ${[...possible].join(' or ')}, and ${shown ?? 'not found'} was read`;
    return [{ promise: 'a reader sees its own write' as const, detail }];
  });
}

const REVIVES = ['activate', 'reinstate_subscription', 'reinstate_license'];
const ENDED = ['SUSPENDED', 'REVOKED', 'DEACTIVATED', 'ERASED'];

interface End {
  /** From here on it was over for whoever had the answer. */
  readonly knownAt: number;
  /** What was sent before this may still have come first. */
  readonly sentAt: number;
  readonly how: string;
}

/** A moment from which a client knew that the license no longer counts: a command's answer, or a validation's. */
function endsOf(licenseId: string, { commands, validations }: PerLicense): End[] {
  const commanded = commands
    .filter(({ kind, answer }) => endsIt(kind) && answer !== undefined && answer.status < 300)
    .map(({ kind, sentAt, answeredAt }) => ({
      knownAt: answeredAt,
      sentAt,
      how: `${kind} was acknowledged`,
    }));
  const observed = validations
    .filter(({ answer }) => answer?.age === undefined && ENDED.includes(answer?.code ?? ''))
    .map(({ sentAt, answeredAt, answer }) => ({
      knownAt: answeredAt,
      sentAt,
      how: `it was ${answer?.code}`,
    }));
  return [...commanded, ...observed].map((end) => ({ ...end, how: `${end.how} for ${licenseId}` }));
}

const endsIt = (kind: CommandSent['kind']): boolean => ['suspend', 'revoke', 'deactivate'].includes(kind);

interface PerLicense {
  readonly commands: readonly CommandSent[];
  readonly validations: readonly ValidationSent[];
}

/** The commands that may have changed what a license is: its own, and its user's subscription's. */
const commandsAbout = (
  commands: readonly CommandSent[] | undefined,
  licenseId: string,
): readonly CommandSent[] =>
  (commands ?? []).filter((command) => {
    const about = command.answer?.licenseId ?? command.licenseId;
    return about === undefined || about === licenseId;
  });

/**
 * Nothing that a client knew to have ended is answered as VALID later than the bound, nor again after it was seen to
 * have ended, unless the answer says that it may be stale, or something was sent meanwhile that may have revived it.
 */
export function answeredAfterItsEnd(history: History): Violation[] {
  const { commands, validations, seenWithinMs } = history;
  const violations: Violation[] = [];
  const byUser = Map.groupBy(commands, ({ userId }) => userId);
  for (const [licenseId, asked] of Map.groupBy(validations, (validation) => validation.licenseId)) {
    const [{ userId }] = asked as [ValidationSent];
    const about = commandsAbout(byUser.get(userId), licenseId);
    const revivals = about.filter(({ kind }) => REVIVES.includes(kind));
    const good = asked.filter(({ answer }) => answer?.code === 'VALID' && answer.age === undefined);
    for (const end of endsOf(licenseId, { commands: about, validations: asked })) {
      const late = good.find(
        ({ sentAt, answeredAt }) =>
          calmTime(history, end.knownAt, sentAt) > seenWithinMs &&
          !revivals.some((revival) => mayFallBetween(revival, end.sentAt, answeredAt)),
      );
      if (late === undefined) continue;
      const detail = `${end.how}, and ${Math.round(late.sentAt - end.knownAt)} ms later, ${seconds(late.sentAt)} into the run, it was VALID as of ${late.answer?.asOf}`;
      violations.push({ promise: 'what ended is not answered as valid', detail });
      break;
    }
  }
  return violations;
}

/** A revival without an answer may take effect at any time. */
const mayFallBetween = ({ sentAt, answeredAt, answer }: CommandSent, from: number, to: number): boolean =>
  sentAt < to && (answer === undefined || answer.status >= 500 || answeredAt > from);

/** A malformed request was refused with a 4xx. (That it changed nothing, the log shows: it has no event of it.) */
export const badlyRefused = ({ badRequests }: History): Violation[] =>
  badRequests.flatMap(({ what, answer }) =>
    answer === undefined || (answer.status >= 400 && answer.status < 500)
      ? []
      : [
          {
            promise: 'bad input gets a 4xx and changes nothing' as const,
            detail: `${what}: ${answer.status}`,
          },
        ],
  );

export const lostInRestarts = ({ failedInRestarts }: History): Violation[] =>
  failedInRestarts.map((detail) => ({
    promise: 'a restart in good order loses no request' as const,
    detail,
  }));

/** Milliseconds between two moments in which no fault was under way. */
const calmTime = ({ faults }: History, from: number, to: number): number =>
  faults.reduce(
    (left, fault) => left - Math.max(0, Math.min(to, fault.to) - Math.max(from, fault.from)),
    to - from,
  );

const seconds = (at: number): string => `${(at / 1_000).toFixed(1)} s`;
