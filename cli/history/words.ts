import { FIRST_PRODUCT } from '../../shared/events/level-2.ts';
import type { LicenseCounts, StateSummary, SubscriptionSummary } from '../../shared/history/user-rows.ts';

/** Nothing that comes from a customer may steer the terminal. */
export const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '\ufffd');

/** `2026-11-24 12:00Z`; exact times are in `--json`. */
export const minute = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')}Z`;

/** `2026-11-24 12:00:02.456Z` */
export const exact = (iso: string): string => iso.replace('T', ' ');

function clients({ active, deactivated, revoked }: LicenseCounts): string {
  const parts = [
    `${active} ${active === 1 ? 'client' : 'clients'}`,
    ...(revoked > 0 ? [`${revoked} revoked`] : []),
    ...(deactivated > 0 ? [`${deactivated} deactivated`] : []),
  ];
  return parts.join(', ');
}

interface Bought {
  readonly product: string;
  readonly plan: string;
  readonly quantity: number;
  readonly trial: boolean;
}

/** `pro`, `pro × 5`, `trial of basic`; with the product's name unless it is the first. */
export const bought = ({ product, plan, quantity, trial }: Bought): string =>
  [
    trial ? 'trial of ' : '',
    product === FIRST_PRODUCT ? '' : `${printable(product)} `,
    printable(plan),
    quantity === 1 ? '' : ` × ${quantity}`,
  ].join('');

const subscription = ({ plan_type: plan, status, end_date: end, ...found }: SubscriptionSummary): string =>
  `${bought({ ...found, plan })} ${status} until ${minute(end)}`;

/** The state in its parts: user, subscriptions, clients. */
export const stateParts = (state: StateSummary): readonly string[] => [
  state.status,
  ...(state.subscriptions.length > 0 ? state.subscriptions.map(subscription) : ['no subscription']),
  clients(state.licenses),
];

/** What of the state is new; all of it at first. */
export function changes(
  before: StateSummary | undefined,
  after: StateSummary | undefined,
): readonly string[] {
  if (!after) return [];
  const known = before ? stateParts(before) : [];
  return stateParts(after).filter((part) => !known.includes(part));
}

const text = (data: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  typeof data[name] === 'string' ? printable(data[name]) : undefined;

/** What an event says beyond its type, in a few words. */
export function details(
  data: Readonly<Record<string, unknown>>,
  personal: Readonly<Record<string, unknown>> = {},
): string {
  const [plan, from, to] = [text(data, 'plan'), text(data, 'startDate'), text(data, 'endDate')];
  const name = text(personal, 'clientName');
  const client = text(data, 'clientId');
  const reason = text(personal, 'reason');
  return [
    text(personal, 'email'),
    plan,
    from && to ? `${minute(from)} to ${minute(to)}` : to && `until ${minute(to)}`,
    text(data, 'externalId'),
    client && (name ? `${client} (${name})` : client),
    reason && `"${reason}"`,
  ]
    .filter((part) => part !== undefined)
    .join(', ');
}
