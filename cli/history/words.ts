import { FIRST_PRODUCT } from '../../shared/events/schemas/level-2/steps.ts';
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

export const subscriptionWords = ({
  plan_type: plan,
  status,
  end_date: end,
  ...found
}: SubscriptionSummary): string =>
  // Of any other status the end date is not what ends it: a suspension outlasts it, a grace begins with it.
  `${bought({ ...found, plan })} ${status}${status === 'active' ? ' until' : ', end date'} ${minute(end)}`;

/** The state in its parts: user, subscriptions, clients. */
export const stateParts = (state: StateSummary): readonly string[] => [
  state.status,
  ...(state.subscriptions.length > 0 ? state.subscriptions.map(subscriptionWords) : ['no subscription']),
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

type Data = Readonly<Record<string, unknown>>;

const text = (data: Data, name: string): string | undefined =>
  typeof data[name] === 'string' ? printable(data[name]) : undefined;

const number = (data: Data, name: string): number | undefined =>
  typeof data[name] === 'number' ? data[name] : undefined;

const quoted = (words: string | undefined): string | undefined => words && `"${words}"`;

/** What was bought; of an event that names no plan the product alone, unless it is the first. */
function subject(data: Data): string | undefined {
  const [plan, product = FIRST_PRODUCT] = [text(data, 'plan'), text(data, 'product')];
  if (plan !== undefined)
    return bought({ product, plan, quantity: number(data, 'quantity') ?? 1, trial: data.trial === true });
  return product === FIRST_PRODUCT ? undefined : product;
}

function period(data: Data): string | undefined {
  const [from, to] = [text(data, 'startDate'), text(data, 'endDate') ?? text(data, 'expiresAt')];
  return to && (from ? `${minute(from)} to ${minute(to)}` : `until ${minute(to)}`);
}

/** A client, and by what it got its place. */
function client(data: Data, personal: Data): (string | undefined)[] {
  const [id, name] = [text(data, 'clientId'), text(personal, 'clientName')];
  const [key, replaced] = [text(data, 'keyId'), text(data, 'replaces')];
  return [
    id && (name ? `${id} (${name})` : id),
    id && key && `by license key ${key}`,
    replaced && `in place of license ${replaced}`,
  ];
}

/** What an event says beyond its type, in a few words. */
export function details(data: Data, personal: Data = {}): string {
  const uses = number(data, 'uses');
  return [
    text(personal, 'email'),
    text(personal, 'name'),
    subject(data),
    period(data),
    text(data, 'externalId'),
    ...client(data, personal),
    uses && `for ${uses} ${uses === 1 ? 'client' : 'clients'}`,
    data.imported === true && 'made by another system',
    text(data, 'resetId') && text(data, 'expiresAt') === undefined && 'by a reset',
    data.emailBlocked === true && 'the email stays blocked',
    quoted(text(personal, 'note')),
    quoted(text(personal, 'reason')),
  ]
    .filter((part) => typeof part === 'string')
    .join(', ');
}
