import fc from 'fast-check';
import type { Command } from '../../../command-service/domain/user.ts';
import type { Catalogue, Product } from '../../../shared/catalogue/catalogue.ts';
import type { Role } from '../../../shared/events/metadata.ts';
import type { Terms } from '../../../shared/events/schemas/terms.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { allLicenses, DAY, NOW, Story, signedUp, start, TWO_PRODUCTS, USER } from './given.ts';

/** A command that names what is there by its place in the history, so that most of them hit something. */
type Step = (story: Story) => Command;

/** In two currencies; one by month is rounded. */
const PRICES: Readonly<Record<string, Terms['price']>> = {
  basic: { amount: 990, currency: 'EUR', months: 1 },
  pro: { amount: 2_500, currency: 'USD', months: 3 },
  enterprise: { amount: 100_000, currency: 'EUR', months: 12 },
};

/** Both products have room for few clients and few replacements, so that limits are met. */
export const CATALOGUE: Catalogue = {
  products: new Map(
    [...TWO_PRODUCTS.products].map(([name, product]): [string, Product] => {
      const plans = [...product.plans].map(([plan, of]) => {
        const price = PRICES[plan] ?? null;
        const limits = { maxClients: Math.min(of.terms.maxClients, 4), replacementsPerMonth: 2 };
        return [
          plan,
          { ...of, terms: { ...of.terms, ...(plan !== 'enterprise' && limits), price } },
        ] as const;
      });
      return [name, { ...product, plans: new Map(plans) }];
    }),
  ),
};

const nth = <T>(items: Iterable<T>, n: number): T | undefined => {
  const all = [...items];
  return all[n % Math.max(all.length, 1)];
};
const subscription = (story: Story, n: number) => nth(story.state.subscriptions.byId.keys(), n) ?? USER;
const license = (story: Story, n: number) => nth(allLicenses(story.state), n)?.licenseId ?? USER;

const plan = fc.constantFrom('free', 'free', 'basic', 'pro', 'enterprise', 'gold');
const product = fc.constantFrom('app', 'app', 'studio');
const quantity = fc.constantFrom(1, 1, 1, 2);
const clientId = fc.constantFrom(...Array.from({ length: 14 }, (_, n) => `client-${n}`));
const any = fc.nat({ max: 20 });

const sold: fc.Arbitrary<Step>[] = [
  fc.record({ plan, product, quantity, months: fc.integer({ min: 1, max: 3 }) }).map(
    ({ plan, months, ...sold }): Step =>
      () => ({ ...start(plan, { months }), ...sold }),
  ),
  fc.record({ plan, product }).map(
    ({ plan, product }): Step =>
      () => ({ ...start(plan), product, trial: true, period: undefined }),
  ),
  // What is over already can be entered again and again, unless it is named.
  fc
    .record({
      plan,
      product,
      ahead: fc.integer({ min: -90, max: 40 }),
      days: fc.integer({ min: -1, max: 90 }),
    })
    .map(
      ({ plan, product, ahead, days }): Step =>
        ({ now }) => {
          const startDate = now + ahead * DAY;
          const period = { startDate, endDate: startDate + days * DAY };
          return { ...start(plan, period), product, externalId: `${product}-${ahead}` };
        },
    ),
  fc.record({ any, days: fc.integer({ min: -5, max: 60 }) }).map(
    ({ any, days }): Step =>
      (story) => {
        const subscriptionId = subscription(story, any);
        const endDate = (story.state.subscriptions.byId.get(subscriptionId)?.endDate ?? NOW) + days * DAY;
        return { type: 'RenewSubscription', subscriptionId, period: { endDate } };
      },
  ),
  fc.record({ any, plan, quantity: fc.option(quantity, { nil: undefined }) }).map(
    ({ any, plan, quantity }): Step =>
      (story) => ({ type: 'ChangePlan', subscriptionId: subscription(story, any), plan, quantity }),
  ),
  fc.record({ any, immediately: fc.boolean() }).map(
    ({ any, immediately }): Step =>
      (story) => ({ type: 'CancelSubscription', subscriptionId: subscription(story, any), immediately }),
  ),
  any.map(
    (n): Step =>
      (story) => ({ type: 'WithdrawCancellation', subscriptionId: subscription(story, n) }),
  ),
  any.map(
    (n): Step =>
      (story) => ({ type: 'TellOfEnd', subscriptionId: subscription(story, n) }),
  ),
  fc.record({ any, type: fc.constantFrom('SuspendSubscription', 'ReinstateSubscription') }).map(
    ({ any, type }): Step =>
      (story) =>
        ({ type, subscriptionId: subscription(story, any) }) as Command,
  ),
];

const clients: fc.Arbitrary<Step>[] = [
  fc.record({ clientId, product, replaces: fc.option(clientId, { nil: undefined, freq: 3 }) }).map(
    (activation): Step =>
      () => ({ type: 'ActivateClient', ...activation }),
  ),
  fc.record({ clientId, product }).map(
    (client): Step =>
      () => ({ type: 'DeactivateClient', ...client }),
  ),
  fc.record({ any, type: fc.constantFrom('DeactivateLicense', 'RevokeLicense', 'ReinstateLicense') }).map(
    ({ any, type }): Step =>
      (story) =>
        ({ type, licenseId: license(story, any) }) as Command,
  ),
];

const step = fc.oneof(
  ...sold,
  { arbitrary: clients[0] as fc.Arbitrary<Step>, weight: 8 },
  { arbitrary: clients[1] as fc.Arbitrary<Step>, weight: 2 },
  { arbitrary: clients[2] as fc.Arbitrary<Step>, weight: 3 },
  fc.constant<Step>(() => ({ type: 'LogOut', tokenId: USER, rev: 0, expiresAt: NOW + DAY })),
);

/** What the routes let staff alone ask for. */
const STAFFS: readonly Command['type'][] = [
  'SuspendSubscription',
  'ReinstateSubscription',
  'DeactivateLicense',
  'RevokeLicense',
  'ReinstateLicense',
];

export const history = fc.array(
  fc.record({
    step,
    role: fc.constantFrom<Role>('user', 'user', 'operator', 'staff'),
    hours: fc.constantFrom(0, 0, 0, 1, 24, 24 * 9, 24 * 40),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

export type History = typeof history extends fc.Arbitrary<infer S> ? S : never;

export interface Happened {
  readonly event: NewUserEvent;
  readonly now: number;
  readonly role: Role;
}

/** What is told of a command that took effect: `before` and after it. */
export type Check = (story: Story, command: Command, before: Story['state']) => void;

/** Lets a history happen, asking `check` after each command that took effect. @returns the events, each with its time */
export function live(steps: History, check: Check): { story: Story; happened: Happened[] } {
  const story = Story.given(signedUp);
  story.catalogue = CATALOGUE;
  const happened: Happened[] = [{ event: signedUp, now: NOW, role: 'user' }];
  for (const { step, role, hours } of steps) {
    story.at(story.now + hours * 3_600_000);
    const command = step(story);
    story.by(STAFFS.includes(command.type) && role === 'user' ? 'operator' : role);
    const before = structuredClone(story.state);
    const decision = story.does(command);
    if (decision.kind === 'events') {
      happened.push(...decision.events.map((event) => ({ event, now: story.now, role: story.role })));
      check(story, command, before);
    }
  }
  return { story, happened };
}
