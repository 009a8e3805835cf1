import { DAY_MS } from '../../../shared/calendar.ts';
import type { Plan } from '../../../shared/catalogue/catalogue.ts';
import { readCatalogue } from '../../../shared/catalogue/read.ts';
import { reservationStream, userStream } from '../../../shared/events/streams.ts';
import type { NewUserEvent, ReservationEvent } from '../../../shared/events/types.ts';
import type { Side } from '../../../shared/subscription-status.ts';
import { createRandom, type Random } from '../random.ts';
import { Customer } from './customer.ts';
import type { Surroundings } from './subscriptions.ts';

const PLANS: ReadonlyMap<string, Plan> = readCatalogue().products.get('app')?.plans ?? new Map();

export interface PopulationOptions {
  /** Exactly as many events are written, of exactly as many users; at least three events a user. */
  readonly events: number;
  readonly users: number;
  /** The history's time; the last two years unless given. It is the log's time too. */
  readonly from?: number;
  readonly until?: number;
  /** The same seed makes the same users do the same things; what is encrypted differs each time. */
  readonly seed?: number;
  /** Of everybody's password; what nobody can log in by unless given. */
  readonly passwordHash?: string;
}

/** The digests that name what is reserved. */
export interface Digests {
  email(email: string): Promise<string>;
  /** Without it nobody has license keys. */
  readonly key?: (keyId: string) => Promise<string>;
}

export interface PopulationSummary {
  readonly events: number;
  readonly users: number;
  readonly erased: number;
  /** Sign-ups with an email that another user had, who was erased. */
  readonly emailsTakenAgain: number;
  readonly byType: Readonly<Record<string, number>>;
}

export interface Step {
  readonly at: number;
  readonly by: Side;
  readonly userId: string;
  readonly events: readonly { readonly stream: string; readonly event: NewUserEvent | ReservationEvent }[];
}

/** All customers together: who does something next, and when. */
export class Population {
  /** Users who were erased so far. */
  readonly erased: string[] = [];
  readonly #options: PopulationOptions;
  readonly #digests: Digests;
  readonly #seed: number;
  readonly #random: Random;
  readonly #world: Surroundings;
  readonly #alive: Customer[] = [];
  readonly #releasedEmails: string[] = [];
  readonly #byType: Record<string, number> = {};
  readonly #from: number;
  readonly #stepMs: number;
  #left: number;
  #signedUp = 0;
  #takenAgain = 0;

  constructor(options: PopulationOptions, digests: Digests) {
    if (options.events < 3 * options.users || options.users < 1) {
      throw new RangeError('at least one user, and three events a user');
    }
    const until = options.until ?? Date.now();
    this.#options = options;
    this.#digests = digests;
    this.#seed = options.seed ?? 1;
    this.#random = createRandom(this.#seed);
    const { passwordHash = 'not a hash' } = options;
    this.#world = { random: this.#random, plans: PLANS, passwordHash, keyDigest: digests.key };
    this.#from = options.from ?? until - 730 * DAY_MS;
    this.#stepMs = (until - this.#from) / options.events;
    this.#left = options.events;
  }

  /** The next thing that happens: one or two events, in one append or right after each other. undefined when all are written. */
  async next(): Promise<Step | undefined> {
    if (this.#left === 0) return undefined;
    const at = Math.floor(this.#from + (this.#options.events - this.#left) * this.#stepMs);
    const step = await this.#step(at);
    this.#left -= step.events.length;
    for (const { event } of step.events) this.#byType[event.type] = (this.#byType[event.type] ?? 0) + 1;
    return step;
  }

  summary(): PopulationSummary {
    const { events } = this.#options;
    const byType = this.#byType;
    return {
      events,
      users: this.#signedUp,
      erased: this.erased.length,
      emailsTakenAgain: this.#takenAgain,
      byType,
    };
  }

  async #step(at: number): Promise<Step> {
    const toSignUp = this.#options.users - this.#signedUp;
    // Of what is left two thirds could be sign-ups, did they come at once; they are spread over the whole time.
    const due = this.#random.below(this.#left) < toSignUp || this.#left <= 2 * toSignUp;
    if (this.#alive.length === 0 || (toSignUp > 0 && due && this.#left >= 2)) return this.#signUp(at);
    const index = this.#random.below(this.#alive.length);
    const customer = this.#alive[index] as Customer;
    const mayErase = this.#left >= 2 + 2 * toSignUp && this.#alive.length > 1;
    if (mayErase && this.#random.below(100) === 0) return this.#erase(customer, index, at);
    const { userId } = customer;
    const { by, reserved, events } = await customer.act(at, this.#left - 2 * toSignUp);
    const own = events.map((event) => ({ stream: userStream(userId), event }));
    return { at, by, userId, events: reserved ? [reserved, ...own] : own };
  }

  async #signUp(at: number): Promise<Step> {
    const again = this.#releasedEmails.length > 0 && this.#random.below(2) === 0;
    const email = again
      ? (this.#releasedEmails.shift() as string)
      : `customer-${this.#seed}-${this.#signedUp}@example.com`;
    const customer = new Customer(this.#world, at, email, await this.#digests.email(email));
    this.#alive.push(customer);
    this.#signedUp += 1;
    this.#takenAgain += again ? 1 : 0;
    const [reserved, signedUp] = customer.signUp();
    return {
      at,
      by: customer.addedBy,
      userId: customer.userId,
      events: [
        { stream: reservationStream('email', customer.emailDigest), event: reserved },
        { stream: userStream(customer.userId), event: signedUp },
      ],
    };
  }

  #erase(customer: Customer, index: number, at: number): Step {
    this.#alive[index] = this.#alive[this.#alive.length - 1] as Customer;
    this.#alive.pop();
    this.#releasedEmails.push(customer.email);
    this.erased.push(customer.userId);
    const [erased, released] = customer.erase();
    return {
      at,
      by: 'user',
      userId: customer.userId,
      events: [
        { stream: userStream(customer.userId), event: erased },
        { stream: reservationStream('email', customer.emailDigest), event: released },
      ],
    };
  }
}
