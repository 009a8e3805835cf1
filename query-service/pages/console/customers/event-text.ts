import { formatDay } from '../../parts/texts/format.ts';
import type { Me } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import type { HistoryEvent } from './resources.ts';

/** What was bought, without the product's name where it says nothing. */
export const boughtText = (plan: string, quantity: number, trial: boolean): string =>
  `${trial ? texts.customer.trialOf(plan) : plan}${quantity > 1 ? ` × ${quantity}` : ''}`;

/** An event in a sentence. Of a type that this release of the page doesn't know, its name. */
export function eventText({ type, data }: Pick<HistoryEvent, 'type' | 'data'>): string {
  const say = texts.events[type];
  if (!say) return type;
  const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
  const day = (name: string): string => formatDay(text(name) || null);
  const quantity = typeof data.quantity === 'number' ? data.quantity : 1;
  return say({
    plan: boughtText(text('plan'), quantity, data.trial === true),
    client: text('clientId'),
    end: day('endDate'),
    start: day('startDate'),
    isReplacement: text('replaces') !== '',
    byKey: text('keyId') !== '',
    days: typeof data.days === 'number' ? data.days : 0,
  });
}

/** Who did it: the reader, or `staff 019a…` with the first characters of an id, which names colleagues to who may see them. */
export function actorText({ role, id }: HistoryEvent['actor'], me: Me): string {
  if (id === me.staff_id) return texts.actions.you;
  const who = texts.actions.actor[role] ?? role;
  if (role === 'operator' || role === 'analyst') return `${id} (${who})`;
  return role === 'staff' ? `${who} ${id.slice(0, 8)}…` : who;
}
