import { DAY_MS } from '../../shared/calendar.ts';
import { reservationStream } from '../../shared/events/streams.ts';
import { timeOfUuidv7 } from '../../shared/ids.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import type { StartSubscription } from '../domain/subscriptions/commands.ts';
import { decide } from '../domain/user.ts';
import { withLiveToken } from '../execute/admission.ts';
import type { Decided, Job } from '../execute/loop/decide-command.ts';
import type { ExecuteCommand } from '../execute/loop/execute-command.ts';
import type { Foresee } from '../execute/loop/foresee.ts';
import { isEnabled } from '../execute/loop/is-enabled.ts';
import { type OfUser, type Outcome, type Refused, refused } from '../execute/requests.ts';
import { actorOf, type CommandStamp, stampCommand } from '../execute/stamps.ts';
import { reserving } from '../reservations/kinds.ts';
import type { Reservations } from '../reservations/reservations.ts';

export interface StartRequest extends OfUser {
  readonly command: StartSubscription;
}

interface Parts {
  readonly dependencies: Pick<ExecutorDependencies, 'vault' | 'codec' | 'clock'>;
  readonly reservations: Reservations;
  readonly foresee: Foresee;
  readonly executeCommand: ExecuteCommand;
}

/** What is about to start, and by what it is told apart across users. */
interface Start {
  readonly userId: string;
  readonly stamp: CommandStamp;
  readonly subscriptionId: string;
  /** When it is to begin, in milliseconds, where that was asked for; else it begins now. */
  readonly startDate: number | undefined;
  readonly external: string | undefined;
  readonly trial: string | undefined;
}

/** A start from now on that was cut off is completed as of then, if that is no longer ago than a command is remembered. */
const COMPLETED_FOR_MS = DAY_MS;

/** The subscription that a decision starts; undefined if it starts none. */
const startedBy = (decided: Decided) =>
  decided.kind === 'events'
    ? decided.events.find((event) => event.type === 'SubscriptionStarted')?.data
    : undefined;

/**
 * Starts a subscription that is unique across users: by its external id, or as the one trial of a product and an email. Both
 * are reserved for the user and the subscription's id, then the user's stream says that it began. Whatever is cut off in
 * between is completed by the next try for that user, under the reserved id where its time part can be the start date, else
 * under another one that is reserved in its place. For another user it stays taken.
 */
export function createStartSubscription({ dependencies, reservations, foresee, executeCommand }: Parts) {
  const { vault, codec, clock } = dependencies;

  /** Whether a reserved id can be the one: its time part is the start date. */
  function fits(id: string, startDate: number | undefined): boolean {
    const time = timeOfUuidv7(id) ?? 0;
    if (startDate !== undefined) return time === startDate;
    return time <= clock() && clock() - time < COMPLETED_FOR_MS;
  }

  /** @returns the id under which the external id names it; undefined if it names somebody else's */
  async function reserveExternal(digest: string, start: Start): Promise<string | undefined> {
    const { userId, subscriptionId: id, startDate, stamp } = start;
    // Level 1 has external ids, and no way to reserve one: they are the user's own there, as in the release before.
    const event = reserving.external({ userId, id });
    if (!isEnabled(codec, event, reservationStream('external', digest))) return id;
    const holder = await reservations.settle('external', digest, stamp, async (held) => {
      const isTheirs = held === undefined || held.userId === userId;
      return isTheirs && !(held?.id && fits(held.id, startDate)) ? { userId, id } : undefined;
    });
    return holder?.userId === userId ? holder.id : undefined;
  }

  async function reserve(start: Start): Promise<string | Refused> {
    const { userId, external, trial, stamp } = start;
    const used = trial === undefined ? undefined : (await reservations.read('trial', trial)).holder;
    // Before the external id is reserved: for this user it would be for ever.
    if (used && used.userId !== userId) return refused({ code: 'trial_used' });
    const id = external === undefined ? start.subscriptionId : await reserveExternal(external, start);
    if (id === undefined) return refused({ code: 'external_id_taken' });
    if (trial === undefined) return id;
    const holder = await reservations.settle('trial', trial, stamp, async (held) => {
      const isTheirs = held === undefined || held.userId === userId;
      // The external id has the say under which id it starts.
      const stands = held && (held.id === id || (external === undefined && fits(held.id, start.startDate)));
      return isTheirs && !stands ? { userId, id } : undefined;
    });
    return holder?.userId === userId ? holder.id : refused({ code: 'trial_used' });
  }

  return async (request: StartRequest): Promise<Outcome> => {
    const { userId, caller, ifMatch, command } = request;
    const { externalId, period } = command;
    const stamp = await stampCommand(vault, request, actorOf(caller));
    let emailDigest = '';
    const jobFor = (subscriptionId: string | undefined): Job => ({
      userId,
      stamp,
      ifMatch,
      admit: withLiveToken(caller, userId),
      decide(state, context) {
        emailDigest = state.account.emailDigest;
        return decide(state, { ...command, subscriptionId }, context);
      },
    });
    if (externalId === undefined && !command.trial) return executeCommand(jobFor(undefined));

    const foreseen = await foresee(jobFor(undefined));
    const external =
      externalId === undefined
        ? undefined
        : await vault.reservationDigest('external', 'subscription', externalId);
    if (foreseen.kind !== 'events') return (await isTaken(foreseen, external, request)) ?? foreseen;
    const started = startedBy(foreseen);
    if (!started) throw new Error('a subscription was to start, and none would');
    const { subscriptionId, product, trial } = started;
    // A user without an email has the trial by their own state alone.
    const isOfEmail = trial && emailDigest !== '';
    const id = await reserve({
      ...{ userId, stamp, subscriptionId, external },
      startDate: period && 'startDate' in period ? period.startDate : undefined,
      trial: isOfEmail ? await vault.reservationDigest('trial', product, emailDigest) : undefined,
    });
    return typeof id === 'string' ? executeCommand(jobFor(id)) : id;
  };

  /** Staff are told first that the external id is another user's: whatever else stands in the way, that stays. */
  async function isTaken(
    { kind }: Exclude<Decided, { kind: 'events' }>,
    external: string | undefined,
    { userId, caller }: StartRequest,
  ): Promise<Refused | undefined> {
    if (kind === 'done' || external === undefined || 'userId' in caller) return undefined;
    const { holder } = await reservations.read('external', external);
    return holder && holder.userId !== userId ? refused({ code: 'external_id_taken' }) : undefined;
  }
}
