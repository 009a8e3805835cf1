import { addMonths, DAY_MS } from '../../../shared/calendar.ts';
import type { Plan } from '../../../shared/catalogue/catalogue.ts';
import type { NewUserEvent, ReservationEvent } from '../../../shared/events/types.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import type { Side } from '../../../shared/subscription-status.ts';
import type { Random } from '../random.ts';
import { type Paying, payingOf, priceOf } from './prices.ts';

/** What a life needs of the world around it. */
export interface Surroundings {
  readonly random: Random;
  /** Of the product that everybody buys. */
  readonly plans: ReadonlyMap<string, Plan>;
  readonly passwordHash: string;
  /** The digest that names a license key's reservation. Where there is none, nobody has license keys. */
  readonly keyDigest: ((keyId: string) => Promise<string>) | undefined;
}

/** What happens at once, on whose behalf. */
export interface Act {
  readonly by: Side;
  /** Reserved before the events, where they need it. */
  readonly reserved?: { readonly stream: string; readonly event: ReservationEvent };
  /** All in the customer's stream. */
  readonly events: readonly NewUserEvent[];
}

interface Subscription {
  readonly id: string;
  readonly trial: boolean;
  readonly start: number;
  plan: string;
  quantity: number;
  end: number;
  suspended: boolean;
  cancelledBy: Side | undefined;
}

export const instant = (at: number): string => new Date(at).toISOString();

/** How long before its end a subscription is renewed in time. */
const RENEWED_AHEAD_MS = 90 * DAY_MS;

/** What a customer buys: trials, paid plans, renewals in time and late, cancellations, as the rules allow them. */
export class Subscriptions {
  readonly #userId: string;
  readonly #world: Surroundings;
  readonly #pays: Paying;
  #current: Subscription | undefined;
  #hadTrial = false;

  constructor(userId: string, world: Surroundings) {
    this.#userId = userId;
    this.#world = world;
    this.#pays = payingOf(world.random);
  }

  /** The id of the one under which clients may be activated, and how many. */
  usable(at: number): { readonly id: string; readonly places: number } | undefined {
    const current = this.#current;
    if (!current || current.suspended || current.start > at || this.#isOver(current, at)) return undefined;
    return { id: current.id, places: this.#places(current.plan, current.quantity) };
  }

  /**
   * What is done about them next; undefined if nothing is.
   * @param active clients that have to find room
   * @param most events that it may be
   */
  act(at: number, active: number, most: number): Act | undefined {
    const current = this.#current;
    const { random } = this.#world;
    const dice = random.below(100);
    if (!current) return this.#start(at, active);
    // Some never come back, most of them from a trial.
    if (this.#isOver(current, at))
      return dice < (current.trial ? 40 : 60) ? this.#start(at, active) : undefined;
    if (current.suspended) return this.#suspend(current, false);
    if (current.start > at) return undefined;
    if (current.trial) return dice < 30 && most > 1 ? this.#convert(current, at, active) : undefined;
    if (current.cancelledBy) return dice < 25 && current.end > at ? this.#withdraw(current) : undefined;
    if (at > current.end - RENEWED_AHEAD_MS && dice < 60) return this.#renew(current);
    const other = random.below(100);
    if (other < 6) return this.#suspend(current, true);
    if (other < 20) return this.#cancel(current, at);
    return other < 50 ? this.#changePlan(current, active) : undefined;
  }

  #start(at: number, active: number): Act {
    const { random, plans } = this.#world;
    const quantity = random.below(3) === 0 ? 1 + random.below(5) : 1;
    const plan = random.pick([...plans.keys()].filter((name) => this.#places(name, quantity) >= active));
    const days = plans.get(plan)?.trialDays ?? null;
    if (days !== null && !this.#hadTrial && active <= this.#places(plan, 1) && random.below(2) === 0) {
      this.#hadTrial = true;
      const trial = { plan, quantity: 1, trial: true, start: at, end: at + days * DAY_MS };
      return { by: 'user', events: [this.#started(trial)] };
    }
    const free = plan === 'free' && active <= 1;
    const start = free ? at : at + this.#shift();
    const end = addMonths(start, 1 + random.below(24));
    const bought = { plan, quantity: free ? 1 : quantity, trial: false, start, end };
    return { by: free ? 'user' : 'staff', events: [this.#started(bought)] };
  }

  /** Staff enter some late, and some ahead. */
  #shift(): number {
    const { random } = this.#world;
    const dice = random.below(20);
    if (dice > 2) return 0;
    return (1 + random.below(25)) * (dice === 0 ? DAY_MS : -DAY_MS);
  }

  /** A paid plan takes the place of a trial, which ends in the same append. */
  #convert(trial: Subscription, at: number, active: number): Act {
    const { random, plans } = this.#world;
    const plan = random.pick(
      [...plans.keys()].filter((name) => name !== 'free' && this.#places(name, 1) >= active),
    );
    const ended = this.#cancelled(trial, Math.min(at, trial.end), undefined);
    const end = addMonths(at, this.#pays.months);
    return {
      by: 'staff',
      events: [ended, this.#started({ plan, quantity: 1, trial: false, start: at, end })],
    };
  }

  #started(bought: Pick<Subscription, 'plan' | 'quantity' | 'trial' | 'start' | 'end'>): NewUserEvent {
    // The id carries the start date: the partition of its row is found by it.
    const id = uuidv7(bought.start, this.#world.random.bytes(10));
    this.#current = { ...bought, id, suspended: false, cancelledBy: undefined };
    const { plan, quantity, trial, start, end } = bought;
    const data = {
      ...this.#sold(id, plan, quantity),
      trial,
      startDate: instant(start),
      endDate: instant(end),
    };
    return { type: 'SubscriptionStarted', data };
  }

  #renew(current: Subscription): Act {
    current.end = addMonths(current.end, this.#pays.months);
    const data = { userId: this.#userId, subscriptionId: current.id, endDate: instant(current.end) };
    return { by: 'staff', events: [{ type: 'SubscriptionRenewed', data }] };
  }

  #changePlan(current: Subscription, active: number): Act | undefined {
    const { random, plans } = this.#world;
    const quantity = random.below(2) === 0 ? current.quantity : 1 + random.below(5);
    const others = [...plans.keys()].filter(
      (name) => name !== 'free' && name !== current.plan && this.#places(name, quantity) >= active,
    );
    if (others.length === 0) return undefined;
    Object.assign(current, { plan: random.pick(others), quantity });
    const data = this.#sold(current.id, current.plan, quantity);
    return { by: 'staff', events: [{ type: 'SubscriptionPlanChanged', data }] };
  }

  #suspend(current: Subscription, suspended: boolean): Act {
    current.suspended = suspended;
    const type = suspended ? 'SubscriptionSuspended' : 'SubscriptionReinstated';
    const personal = suspended ? { reason: 'unpaid invoice' } : {};
    const data = { userId: this.#userId, subscriptionId: current.id, personal };
    return { by: 'staff', events: [{ type, data }] };
  }

  /** At once, or to its end; within the grace, as of the end that is past. */
  #cancel(current: Subscription, at: number): Act {
    const { random } = this.#world;
    const by: Side = random.below(3) === 0 ? 'staff' : 'user';
    current.cancelledBy = by;
    if (random.below(2) === 0) current.end = Math.min(at, current.end);
    return { by, events: [this.#cancelled(current, current.end, 'no longer needed')] };
  }

  #cancelled({ id }: Subscription, end: number, reason: string | undefined): NewUserEvent {
    const personal = reason === undefined ? {} : { reason };
    const data = { userId: this.#userId, subscriptionId: id, endDate: instant(end), personal };
    return { type: 'SubscriptionCancelled', data };
  }

  #withdraw(current: Subscription): Act {
    const by = current.cancelledBy ?? 'user';
    current.cancelledBy = undefined;
    const data = { userId: this.#userId, subscriptionId: current.id };
    return { by, events: [{ type: 'SubscriptionCancellationWithdrawn', data }] };
  }

  #isOver({ plan, end, cancelledBy }: Subscription, at: number): boolean {
    const graceDays = cancelledBy ? 0 : (this.#world.plans.get(plan)?.terms.graceDays ?? 0);
    return at >= end + graceDays * DAY_MS;
  }

  #places(plan: string, quantity: number): number {
    return (this.#world.plans.get(plan)?.terms.maxClients ?? 0) * quantity;
  }

  #sold(subscriptionId: string, plan: string, quantity: number) {
    const found = this.#world.plans.get(plan);
    if (!found) throw new RangeError(`there is no plan ${plan}`);
    const terms = { ...found.terms, price: priceOf(plan, this.#pays) };
    return { userId: this.#userId, subscriptionId, product: 'app', plan, terms, quantity };
  }
}
