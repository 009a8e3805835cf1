import { addMonths, DAY_MS } from '../../shared/calendar.ts';
import type { Plan } from '../../shared/catalogue/catalogue.ts';
import type { NewUserEvent, ReservationEvent } from '../../shared/events/types.ts';
import { uuidv7 } from '../../shared/ids.ts';
import type { Random } from './random.ts';

/** What a life needs of the world around it. */
export interface Surroundings {
  readonly random: Random;
  /** Of the product that everybody buys. */
  readonly plans: ReadonlyMap<string, Plan>;
}

interface Subscription {
  readonly id: string;
  plan: string;
  end: number;
  suspended: boolean;
  cancelled: boolean;
}

/** A customer whose events obey the rules: what the write side would have refused never happens here. */
export class Customer {
  readonly userId: string;
  readonly email: string;
  readonly emailDigest: string;
  readonly #world: Surroundings;
  #subscription: Subscription | undefined;
  /** Client to license. */
  readonly #active = new Map<string, string>();
  readonly #revoked = new Map<string, string>();
  #clients = 0;

  constructor(world: Surroundings, at: number, email: string, emailDigest: string) {
    this.#world = world;
    this.userId = this.#newId(at);
    this.email = email;
    this.emailDigest = emailDigest;
  }

  signUp(): [ReservationEvent, NewUserEvent] {
    const { userId, email, emailDigest } = this;
    return [
      { type: 'EmailReserved', data: { userId } },
      {
        type: 'UserSignedUp',
        data: { userId, emailDigest, personal: { email, passwordHash: 'not a hash' } },
      },
    ];
  }

  erase(): [NewUserEvent, ReservationEvent] {
    const { userId } = this;
    return [
      { type: 'UserErased', data: { userId, emailBlocked: false } },
      { type: 'EmailReleased', data: { userId } },
    ];
  }

  /** What the customer (or an operator about them) does next. */
  act(at: number): NewUserEvent {
    const dice = this.#world.random.below(100);
    if (dice < 3) return this.#changePassword();
    if (dice < 7) return this.#logOut(at);
    const subscription = this.#subscription;
    if (!subscription || this.#isOver(subscription, at)) return this.#subscribe(at);
    if (subscription.suspended) return this.#suspend(subscription, false);
    if (dice < 10) return this.#suspend(subscription, true);
    if (dice < 13 && !subscription.cancelled) return this.#cancel(subscription, at);
    if (dice < 20 && !subscription.cancelled) return this.#renew(subscription);
    if (dice < 28) return this.#changePlan(subscription, at);
    return this.#useClients(subscription, dice, at);
  }

  #useClients(subscription: Subscription, dice: number, at: number): NewUserEvent {
    const full = this.#active.size >= (this.#world.plans.get(subscription.plan)?.terms.maxClients ?? 1);
    const [revoked] = this.#revoked;
    if (dice < 36 && revoked && !full) return this.#reinstate(revoked);
    const [oldest] = this.#active;
    if (oldest && dice < 42) return this.#end('LicenseRevoked', oldest);
    if (oldest && (full || dice < 60)) return this.#end('LicenseDeactivated', oldest);
    return this.#activate(subscription, at);
  }

  #changePassword(): NewUserEvent {
    return {
      type: 'PasswordChanged',
      data: { userId: this.userId, personal: { passwordHash: 'another that is none' } },
    };
  }

  #logOut(at: number): NewUserEvent {
    return {
      type: 'LoggedOut',
      data: { userId: this.userId, tokenId: this.#newId(at), expiresAt: instant(at + 900_000) },
    };
  }

  #subscribe(at: number): NewUserEvent {
    const { random, plans } = this.#world;
    const fitting = [...plans.keys()].filter((name) => this.#fits(name));
    const plan = random.pick(fitting);
    const end = addMonths(at, 1 + random.below(24));
    // The id carries the start date: the partition of its row is found by it.
    const id = this.#newId(at);
    this.#subscription = { id, plan, end, suspended: false, cancelled: false };
    return {
      type: 'SubscriptionStarted',
      data: {
        product: 'app',
        quantity: 1,
        trial: false,
        ...this.#terms(id, plan),
        startDate: instant(at),
        endDate: instant(end),
      },
    };
  }

  #changePlan(subscription: Subscription, at: number): NewUserEvent {
    const others = [...this.#world.plans.keys()].filter(
      (name) => name !== subscription.plan && this.#fits(name),
    );
    if (others.length === 0) return this.#logOut(at);
    subscription.plan = this.#world.random.pick(others);
    const data = { ...this.#terms(subscription.id, subscription.plan), product: 'app', quantity: 1 };
    return { type: 'SubscriptionPlanChanged', data };
  }

  #renew(subscription: Subscription): NewUserEvent {
    subscription.end = addMonths(subscription.end, 12);
    return {
      type: 'SubscriptionRenewed',
      data: { userId: this.userId, subscriptionId: subscription.id, endDate: instant(subscription.end) },
    };
  }

  #suspend(subscription: Subscription, suspended: boolean): NewUserEvent {
    subscription.suspended = suspended;
    const type = suspended ? 'SubscriptionSuspended' : 'SubscriptionReinstated';
    const personal = suspended ? { reason: 'unpaid invoice' } : {};
    return { type, data: { userId: this.userId, subscriptionId: subscription.id, personal } };
  }

  #cancel(subscription: Subscription, at: number): NewUserEvent {
    subscription.cancelled = true;
    if (this.#world.random.below(2) === 0) subscription.end = at;
    const { id: subscriptionId, end } = subscription;
    return {
      type: 'SubscriptionCancelled',
      data: {
        userId: this.userId,
        subscriptionId,
        endDate: instant(end),
        personal: { reason: 'no longer needed' },
      },
    };
  }

  #activate(subscription: Subscription, at: number): NewUserEvent {
    this.#clients += 1;
    const clientId = `machine-${this.#clients}`;
    const licenseId = this.#newId(at);
    this.#active.set(clientId, licenseId);
    return {
      type: 'LicenseActivated',
      data: {
        product: 'app',
        userId: this.userId,
        licenseId,
        subscriptionId: subscription.id,
        clientId,
        personal: { clientName: `the computer number ${this.#clients}` },
      },
    };
  }

  #end(
    type: 'LicenseDeactivated' | 'LicenseRevoked',
    [clientId, licenseId]: readonly [string, string],
  ): NewUserEvent {
    this.#active.delete(clientId);
    if (type === 'LicenseRevoked') this.#revoked.set(clientId, licenseId);
    return { type, data: { userId: this.userId, licenseId, clientId, personal: {} } };
  }

  #reinstate([clientId, licenseId]: readonly [string, string]): NewUserEvent {
    this.#revoked.delete(clientId);
    this.#active.set(clientId, licenseId);
    return { type: 'LicenseReinstated', data: { userId: this.userId, licenseId, clientId, personal: {} } };
  }

  #isOver({ plan, end, cancelled }: Subscription, at: number): boolean {
    const graceDays = cancelled ? 0 : (this.#world.plans.get(plan)?.terms.graceDays ?? 0);
    return at >= end + graceDays * DAY_MS;
  }

  #fits(plan: string): boolean {
    return (this.#world.plans.get(plan)?.terms.maxClients ?? 0) >= this.#active.size;
  }

  #terms(subscriptionId: string, plan: string) {
    const found = this.#world.plans.get(plan);
    if (!found) throw new RangeError(`there is no plan ${plan}`);
    return { userId: this.userId, subscriptionId, plan, terms: found.terms };
  }

  #newId(at: number): string {
    return uuidv7(at, this.#world.random.bytes(10));
  }
}

export const instant = (at: number): string => new Date(at).toISOString();
