import { randomUUID } from 'node:crypto';
import type { Context, Decision, Rejection } from '../../../command-service/domain/decision.ts';
import type { License } from '../../../command-service/domain/entities.ts';
import { type EarlierLicenses, earlierAt } from '../../../command-service/domain/licenses/earlier.ts';
import { licensesOf } from '../../../command-service/domain/licenses/state.ts';
import type { StartSubscription } from '../../../command-service/domain/subscriptions/commands.ts';
import type { Period } from '../../../command-service/domain/subscriptions/period.ts';
import { type Command, decide } from '../../../command-service/domain/user.ts';
import { evolve, initialState, type UserState } from '../../../command-service/domain/user-state.ts';
import { type Catalogue, findPlan, type Product } from '../../../shared/catalogue/catalogue.ts';
import { readCatalogue } from '../../../shared/catalogue/read.ts';
import type { Role } from '../../../shared/events/metadata.ts';
import { eventCatalogue } from '../../../shared/events/schemas/catalogue.ts';
import type { NewUserEvent, Recorded, UserEvent } from '../../../shared/events/types.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import { sideOf } from '../../../shared/subscription-status.ts';

export const USER = '01900000-0000-7000-8000-000000000001';
export const NOW = Date.UTC(2026, 0, 31, 12);
export const DAY = 86_400_000;
export const CATALOGUE: Catalogue = readCatalogue();

const productOf = ({ products }: Catalogue, name: string): Product => {
  const product = products.get(name);
  if (!product) throw new Error(`the catalogue has no ${name}`);
  return product;
};
const APP = productOf(CATALOGUE, 'app');

/** A second product beside it, with the same plans. */
export const TWO_PRODUCTS: Catalogue = {
  products: new Map([
    ['app', APP],
    ['studio', { ...APP, product: 'studio' }],
  ]),
};

/** The catalogue with one more plan that customers start themselves, and may try for two weeks. */
export const withCustomersPlan = (name: string): Catalogue => {
  const free = APP.plans.get('free');
  if (!free) throw new Error('the default catalogue has no free plan');
  return {
    products: new Map([
      ['app', { ...APP, plans: new Map([...APP.plans, [name, { ...free, plan: name, trialDays: 14 }]]) }],
    ]),
  };
};

export const DIGEST = 'a'.repeat(64);

export const at = (ms: number): string => new Date(ms).toISOString();

/** The event as the log would hold it: `personal` sealed (here: as JSON). */
export const sealed = (event: NewUserEvent): UserEvent => {
  const { type, data } = event;
  const personal = 'personal' in data ? { personal: JSON.stringify(data.personal) } : {};
  return { type, data: { ...data, ...personal } } as UserEvent;
};

export interface At {
  readonly now?: number;
  readonly commandId?: string;
  readonly requestDigest?: string;
  /** Who did it. */
  readonly role?: Role;
}

export function recorded(event: NewUserEvent, revision: number, options: At = {}): Recorded<UserEvent> {
  const commandId = options.commandId ?? randomUUID();
  const { requestDigest } = options;
  return {
    id: randomUUID(),
    event: sealed(event),
    stream: `user-${USER}`,
    revision,
    position: { commit: BigInt(revision * 10), prepare: BigInt(revision * 10) },
    created: new Date(options.now ?? NOW),
    metadata: {
      $correlationId: 'test',
      $causationId: 'test',
      commandId,
      ...(requestDigest === undefined ? {} : { requestDigest }),
      actor: { role: options.role ?? 'user', id: 'test' },
      schemaVersion: eventCatalogue[event.type]?.length ?? 1,
    },
  };
}

/** A user with a history, and a decider's context that can be moved in time. */
export class Story {
  readonly state: UserState = initialState(USER);
  now = NOW;
  role: Role = 'user';
  catalogue: Catalogue = CATALOGUE;
  #ids = 0;

  static given(...events: readonly NewUserEvent[]): Story {
    const story = new Story();
    // What was sold was sold by staff, unless a test says otherwise; the rest is the user's doing.
    for (const event of events)
      story.happened(event, { role: event.type.startsWith('Subscription') ? 'operator' : 'user' });
    return story;
  }

  happened(event: NewUserEvent, options: At = {}): this {
    evolve(
      this.state,
      recorded(event, this.state.revision + 1, { now: this.now, role: this.role, ...options }),
    );
    return this;
  }

  at(now: number): this {
    this.now = now;
    return this;
  }

  by(role: Role): this {
    this.role = role;
    return this;
  }

  /** New ids are numbered: the first is {@link newId}(1). */
  get context(): Context {
    const now = this.now;
    return {
      now,
      newId: (atMs = now) => {
        this.#ids += 1;
        return newId(this.#ids, atMs);
      },
      catalogue: this.catalogue,
      by: sideOf(this.role),
    };
  }

  /** The subscription that counts for the first product. */
  get subscription() {
    return this.state.subscriptions.counting.get('app');
  }

  /** The first product's licenses. */
  get licenses() {
    return licensesOf(this.state.licenses, 'app');
  }

  when(command: Command): Decision {
    return decide(this.state, command, this.context);
  }

  /** Decides and lets what was decided happen. */
  does(command: Command): Decision {
    const decision = this.when(command);
    if (decision.kind === 'events')
      for (const event of decision.events) this.happened(event, { role: this.role });
    return decision;
  }
}

/** The latest of each client, and the earlier ones. */
export const allLicenses = ({ licenses: { byId, earlier } }: UserState): License[] => [
  ...byId.values(),
  ...Array.from({ length: earlier?.size ?? 0 }, (_, index) => earlierAt(earlier as EarlierLicenses, index)),
];

export const newId = (n: number, atMs: number): string => uuidv7(atMs, new Uint8Array(10).fill(n));

export const events = (...expected: readonly NewUserEvent[]): Decision => ({
  kind: 'events',
  events: expected,
});

/** The code of a rejection; what else a decision was, if it is none. */
export const codeOf = (decision: Decision): Rejection['code'] | Decision['kind'] =>
  decision.kind === 'rejected' ? decision.rejection.code : decision.kind;

export const terms = (plan: string) => {
  const found = findPlan(CATALOGUE, 'app', plan);
  if (!found) throw new Error(`no plan ${plan}`);
  return found.terms;
};

export const signedUp: NewUserEvent = {
  type: 'UserSignedUp',
  data: { userId: USER, emailDigest: DIGEST, personal: { email: 'a@example.com', passwordHash: 'hash' } },
};

/** The command to start a plan of the only product, once. */
export const start = (plan = 'pro', period: Period = { months: 1 }): StartSubscription => ({
  type: 'StartSubscription',
  plan,
  quantity: 1,
  trial: false,
  period,
});

export const SUB = '01900000-0000-7000-8000-00000000000a';

export const started = (
  plan = 'pro',
  startDate = NOW,
  endDate = NOW + 30 * DAY,
  subscriptionId = SUB,
): NewUserEvent => ({
  type: 'SubscriptionStarted',
  data: {
    product: 'app',
    quantity: 1,
    trial: false,
    userId: USER,
    subscriptionId,
    plan,
    terms: terms(plan),
    startDate: at(startDate),
    endDate: at(endDate),
  },
});

type OfSubscription = 'SubscriptionSuspended' | 'SubscriptionReinstated';

export const suspension = (type: OfSubscription, reason?: string): NewUserEvent => ({
  type,
  data: { userId: USER, subscriptionId: SUB, personal: reason === undefined ? {} : { reason } },
});

export const cancelled = (endDate: number, reason?: string): NewUserEvent => ({
  type: 'SubscriptionCancelled',
  data: {
    userId: USER,
    subscriptionId: SUB,
    endDate: at(endDate),
    personal: reason === undefined ? {} : { reason },
  },
});

export const renewed = (endDate: number): NewUserEvent => ({
  type: 'SubscriptionRenewed',
  data: { userId: USER, subscriptionId: SUB, endDate: at(endDate) },
});

export const licenseId = (n: number): string => `01900000-0000-7000-9000-${n.toString(16).padStart(12, '0')}`;

export const activated = (n: number, clientId = `client-${n}`, clientName?: string): NewUserEvent => ({
  type: 'LicenseActivated',
  data: {
    product: 'app',
    userId: USER,
    licenseId: licenseId(n),
    subscriptionId: SUB,
    clientId,
    personal: clientName === undefined ? {} : { clientName },
  },
});

type OfLicense = 'LicenseDeactivated' | 'LicenseRevoked' | 'LicenseReinstated';

export const ofLicense = (
  type: OfLicense,
  n: number,
  clientId = `client-${n}`,
  reason?: string,
): NewUserEvent => ({
  type,
  data: {
    userId: USER,
    licenseId: licenseId(n),
    clientId,
    personal: reason === undefined ? {} : { reason },
  },
});

export const erased: NewUserEvent = { type: 'UserErased', data: { userId: USER, emailBlocked: false } };
