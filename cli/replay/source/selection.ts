import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { decodeOwn, type EventReader } from '../../../shared/events/codec.ts';
import type { AnyEvent, Recorded } from '../../../shared/events/types.ts';
import { didYouMean } from '../../command-line/suggestion.ts';
import type { Criteria } from '../options/criteria.ts';

export type DecodedEvent = Recorded<AnyEvent>;

/** A plan is asked for that no event names: a slip of the keyboard, and the export would be empty. */
export class PlanUnknown extends Error {
  readonly code = 'plan_unknown';
  constructor(plan: string, named: ReadonlySet<string>) {
    const all = [...named].sort();
    const rest = all.length > 0 ? `plans that they name: ${all.join(', ')}` : 'they name none';
    super(`--plan: no event names a plan "${plan}".${didYouMean(plan, all)} (${rest})`);
    this.name = 'PlanUnknown';
  }
}

const NAMES_A_PLAN = new Set(['SubscriptionStarted', 'SubscriptionPlanChanged']);

/**
 * Which users are on one of the wanted plans, as of the events seen so far. A user's plan is the one named last, by a
 * subscription's start or its change of plan; it stays until another is named, also past the subscription's end. Only
 * users on a wanted plan are remembered: about 100 bytes for each.
 */
class PlanFollower {
  readonly #wanted: ReadonlySet<string>;
  readonly #users = new Set<string>();
  readonly #named = new Set<string>();

  constructor(plans: readonly string[]) {
    this.#wanted = new Set(plans);
  }

  follow({ event }: DecodedEvent): void {
    if (event.type !== 'SubscriptionStarted' && event.type !== 'SubscriptionPlanChanged') return;
    this.#named.add(event.data.plan);
    if (this.#wanted.has(event.data.plan)) this.#users.add(event.data.userId);
    else this.#users.delete(event.data.userId);
  }

  isOnWantedPlan = (userId: string): boolean => this.#users.has(userId);

  /** @throws PlanUnknown */
  check(): void {
    for (const plan of this.#wanted) if (!this.#named.has(plan)) throw new PlanUnknown(plan, this.#named);
  }
}

/**
 * Picks the wanted events out of those that come in the log's order. Ranges of positions are the source's matter; with
 * plans, every event from the log's start on must be shown to it ({@link observe} for those that are not to come out).
 */
export interface Selection {
  /**
   * The decoded event, or undefined if it is not wanted. An event whose type is not asked for is not decoded: that
   * would be the larger part of the work.
   * @throws UnknownEvent
   */
  pick(recorded: RecordedEvent): DecodedEvent | undefined;
  /** Takes an event into account that stands before the range. @throws UnknownEvent */
  observe(recorded: RecordedEvent): void;
  /** Behind the last event. @throws PlanUnknown */
  checkPlans(): void;
}

/** Whether an event is about a wanted user; those of staff are about none. */
const isAbout = ({ event }: DecodedEvent, wanted: ((userId: string) => boolean) | undefined): boolean =>
  wanted === undefined || ('userId' in event.data && wanted(event.data.userId));

/** @param foreign is told of what another program wrote: it is never wanted, and nothing is known of it */
export function createSelection(
  criteria: Criteria,
  reader: EventReader,
  foreign: (recorded: RecordedEvent) => void,
): Selection {
  const types = criteria.types.length > 0 ? new Set(criteria.types) : undefined;
  const users = criteria.users.length > 0 ? new Set(criteria.users) : undefined;
  const plans = criteria.plans.length > 0 ? new PlanFollower(criteria.plans) : undefined;
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = criteria;

  const decode = (recorded: RecordedEvent): DecodedEvent | undefined => {
    const decoded = decodeOwn(reader, recorded);
    if (!decoded) foreign(recorded);
    return decoded;
  };
  const namesPlan = (recorded: RecordedEvent) => plans !== undefined && NAMES_A_PLAN.has(recorded.type);

  return {
    checkPlans: () => plans?.check(),
    observe(recorded) {
      const decoded = namesPlan(recorded) ? decode(recorded) : undefined;
      if (decoded) plans?.follow(decoded);
    },
    pick(recorded) {
      const hasType = types?.has(recorded.type) ?? true;
      if (!hasType && !namesPlan(recorded)) return undefined;
      const decoded = decode(recorded);
      if (!decoded) return undefined;
      plans?.follow(decoded);
      const time = decoded.created.getTime();
      const isWanted =
        hasType &&
        time >= since &&
        time < until &&
        isAbout(decoded, users?.has.bind(users)) &&
        isAbout(decoded, plans?.isOnWantedPlan);
      return isWanted ? decoded : undefined;
    },
  };
}
