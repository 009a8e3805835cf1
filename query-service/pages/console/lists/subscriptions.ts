import type { SubscriptionResource } from '../../../../shared/http/routes/resources.ts';
import { withQuery } from '../../parts/api/call.ts';
import type { Values } from '../../parts/components/field.ts';
import { Form } from '../../parts/components/form.ts';
import { html } from '../../parts/html.ts';
import { goTo } from '../../parts/router.ts';
import { formatDay, formatDistance } from '../../parts/texts/format.ts';
import { given, givenDay } from '../actions/action.ts';
import { boughtText } from '../customers/event-text.ts';
import { Status } from '../customers/status.ts';
import { Page } from '../frame/page.ts';
import { texts } from '../texts/texts.ts';
import { Paged } from './paged.ts';

const t = texts.lists.subscriptions;
const STATUSES = ['active', 'grace', 'scheduled', 'suspended', 'cancelled', 'expired'] as const;
const DAY_MS = 86_400_000;

/** The filters are part of the address, so that a list can be kept as a bookmark; none of them names a person. */
const FILTERS = ['status', 'product', 'plan', 'ends_before'] as const;

const address = (filters: Readonly<Record<string, string | undefined>>): string =>
  `#${withQuery('/subscriptions', filters)}`;

/** Asked for again each time: the page may stand open for days. */
const presets = () => [
  {
    label: t.presets.week,
    href: address({ status: 'active', ends_before: new Date(Date.now() + 7 * DAY_MS).toISOString() }),
  },
  { label: t.presets.grace, href: address({ status: 'grace' }) },
  { label: t.presets.suspended, href: address({ status: 'suspended' }) },
];

/** Subscriptions by status, plan and end date: whom to write to, whom to call. */
export function SubscriptionList({ query }: { readonly query: URLSearchParams }) {
  const filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? undefined]));
  const path = withQuery('/v1/subscriptions', filters);
  const submit = async (values: Values) => {
    goTo(
      address({
        status: given(values, 'status'),
        plan: given(values, 'plan'),
        ends_before: givenDay(values, 'ends_before'),
      }),
    );
    return undefined;
  };
  return html`<${Page} title=${t.title}>
    <p class="chips">${presets().map(({ label, href }) => html`<a class="chip" href=${href}>${label}</a>`)}</p>
    <div class="card filters"><${Form} key=${path} submit=${t.show} onSubmit=${submit} fields=${[
      {
        name: 'status',
        label: t.status,
        kind: 'select',
        required: true,
        value: filters.status ?? '',
        options: [
          { value: '', label: t.any },
          ...STATUSES.map((status) => ({ value: status, label: texts.customer.statuses[status] ?? status })),
        ],
      },
      { name: 'plan', label: t.plan, value: filters.plan ?? '' },
      {
        name: 'ends_before',
        label: t.endsBefore,
        kind: 'date',
        value: filters.ends_before?.slice(0, 10) ?? '',
      },
    ]} /></div>
    <${Paged} key=${`list ${path}`} path=${path} caption=${t.caption} empty=${t.empty}
      rowKey=${(one: SubscriptionResource) => one.subscription_id} columns=${COLUMNS} />
  <//>`;
}

const COLUMNS = [
  {
    label: t.plan,
    cell: (
      one: SubscriptionResource,
    ) => html`<strong>${boughtText(one.plan_type, one.quantity, one.trial)}</strong>
      <br /><span class="soft">${one.product}</span>`,
  },
  { label: t.status, cell: (one: SubscriptionResource) => html`<${Status} status=${one.status} />` },
  {
    label: texts.customer.until,
    cell: (one: SubscriptionResource) =>
      html`${formatDay(one.end_date)}<br /><span class="soft">${formatDistance(one.end_date)}</span>`,
  },
  {
    label: texts.customer.externalId,
    cell: (one: SubscriptionResource) => one.external_id && html`<code>${one.external_id}</code>`,
  },
  {
    label: t.customer,
    cell: (one: SubscriptionResource) =>
      html`<a href=${`#/customers/${one.user_id}`} aria-label=${`${t.open} ${one.user_id}`}>${t.open}</a>`,
  },
];
