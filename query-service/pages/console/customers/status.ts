import { Badge, type Tone } from '../../parts/components/badge.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';

const TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  good: 'good',
  scheduled: 'info',
  invited: 'info',
  enabled: 'good',
  disabled: 'warning',
  pending: 'info',
  delivered: 'good',
  sent: 'good',
  failed: 'bad',
  grace: 'warning',
  suspended: 'bad',
  revoked: 'bad',
  cancelled: 'warning',
};

/**
 * What something of a customer's counts as. The dates and states of what an erased one had stay as they were, but nothing of
 * it works any more: `active` or `good` would mislead.
 */
export const statusFor = (customer: { readonly status: string }, one: { readonly status: string }): string =>
  customer.status === 'erased' ? customer.status : one.status;

/** A status of a subscription, license, key or account, as the API names it. */
export const Status = ({ status }: { readonly status: string }) =>
  html`<${Badge} tone=${TONES[status] ?? 'neutral'}>${texts.customer.statuses[status] ?? status}<//>`;
