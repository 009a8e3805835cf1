import type { CommandRequest } from '../../../../command-service/execute/requests.ts';
import { noon } from './read.ts';

export type StoryCommand = CommandRequest['command'];

/** Whoever a line of the story is about, as far as its commands need it. */
export interface Known {
  /** The subscription that was started last. */
  readonly subscriptionId: string;
  /** By client id. */
  readonly licenses: ReadonlyMap<string, string>;
  /** Of a license key that they were given, and its product. */
  readonly licenseKey: { readonly keyId: string; readonly product: string } | undefined;
}

/** A command, and whether it is the customer's own. */
export interface Asked {
  readonly by: 'customer' | 'staff';
  readonly command: StoryCommand;
}

const PRODUCTS: Readonly<Record<string, string>> = { farm: 'render' };
const productOf = (plan: string): string => PRODUCTS[plan] ?? 'studio';

const instantOf = (text: string): number => (text.includes('T') ? Date.parse(`${text}Z`) : noon(text));

const byCustomer = (command: StoryCommand): Asked => ({ by: 'customer', command });
const byStaff = (command: StoryCommand): Asked => ({ by: 'staff', command });

type Sentence = readonly [RegExp, (words: readonly string[], at: number, known: Known) => Asked];

const start = (plan: string, more: object) =>
  ({
    type: 'StartSubscription',
    product: productOf(plan),
    plan,
    quantity: 1,
    trial: false,
    ...more,
  }) as const;

/** The sentences of the story. */
const SENTENCES: readonly Sentence[] = [
  [/^tries (\S+)$/, ([plan = '']) => byCustomer(start(plan, { trial: true }))],
  [/^starts (\S+)$/, ([plan = '']) => byCustomer(start(plan, { period: { months: 12 } }))],
  [
    /^gets (\S+)(?: x(\d+))?(?: from (\S+))? until (\S+) as (\S+)$/,
    ([plan = '', quantity = '1', from, until = '', externalId], at) => {
      const period = { startDate: from ? instantOf(from) : at, endDate: instantOf(until) };
      return byStaff(start(plan, { quantity: Number(quantity), period, externalId }));
    },
  ],
  [
    /^is renewed until (\S+)$/,
    ([until = ''], _at, { subscriptionId }) =>
      byStaff({ type: 'RenewSubscription', subscriptionId, period: { endDate: instantOf(until) } }),
  ],
  [
    /^is changed to (\S+)(?: x(\d+))?$/,
    ([plan = '', quantity = '1'], _at, { subscriptionId }) =>
      byStaff({ type: 'ChangePlan', subscriptionId, plan, quantity: Number(quantity) }),
  ],
  [
    /^cancels$/,
    (_words, _at, { subscriptionId }) =>
      byCustomer({ type: 'CancelSubscription', subscriptionId, immediately: false }),
  ],
  [
    /^is suspended$/,
    (_words, _at, { subscriptionId }) => byStaff({ type: 'SuspendSubscription', subscriptionId }),
  ],
  [
    /^is reinstated$/,
    (_words, _at, { subscriptionId }) => byStaff({ type: 'ReinstateSubscription', subscriptionId }),
  ],
  [
    /^activates (\S+)$/,
    ([clientId = ''], _at, { licenseKey }) =>
      byCustomer({ type: 'ActivateClient', clientId, product: 'studio', ...licenseKey }),
  ],
  [
    /^deactivates (\S+)$/,
    ([clientId = '']) => byCustomer({ type: 'DeactivateClient', clientId, product: 'studio' }),
  ],
  [
    /^has (\S+) revoked$/,
    ([clientId = ''], _at, { licenses }) =>
      byStaff({ type: 'RevokeLicense', licenseId: licenses.get(clientId) ?? '' }),
  ],
];

/** @returns undefined for what is no command about a user that is there */
export function commandOf(what: string, at: number, known: Known): Asked | undefined {
  for (const [sentence, asked] of SENTENCES) {
    const match = sentence.exec(what);
    if (match) return asked(match.slice(1), at, known);
  }
  return undefined;
}
