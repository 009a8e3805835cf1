import { withQuery } from '../../parts/api/call.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';

interface StatusChipsProps {
  /** Where in the console the list stands: `/mails`. */
  readonly place: string;
  readonly statuses: readonly string[];
  /** Empty: all. */
  readonly chosen: string;
}

/** Which of a list are shown, by status; part of the address. */
export const StatusChips = ({ place, statuses, chosen }: StatusChipsProps) =>
  html`<p class="chips">${['', ...statuses].map(
    (one) => html`<a class="chip" key=${one} href=${`#${withQuery(place, { status: one })}`}
    aria-current=${one === chosen ? 'true' : undefined}>${one === '' ? texts.lists.all : (texts.customer.statuses[one] ?? one)}</a>`,
  )}</p>`;
