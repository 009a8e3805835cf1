import type { ShownCatalogue, ShownPlan } from '../../../../shared/catalogue/shown.ts';
import { Show } from '../../parts/components/load.ts';
import { Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatMoney, formatNumber } from '../../parts/texts/format.ts';
import { texts as parts } from '../../parts/texts/texts.ts';
import { useCatalogue } from '../customers/catalogue.ts';
import { Page } from '../frame/page.ts';
import { texts } from '../texts/texts.ts';

const t = texts.lists.plans;

const priceOf = ({ price }: ShownPlan): string =>
  price === null ? t.noPrice : t.perMonths(formatMoney(price.amount, price.currency), price.months);

/** Without any price the column would say nothing. */
const columnsFor = (plans: readonly ShownPlan[]) =>
  COLUMNS.filter(({ cell }) => cell !== priceOf || plans.some(({ price }) => price !== null));

const COLUMNS = [
  { label: texts.customer.plan, cell: (one: ShownPlan) => html`<strong>${one.plan}</strong>` },
  { label: t.price, cell: priceOf },
  { label: t.machines, numeric: true, cell: (one: ShownPlan) => formatNumber(one.max_clients) },
  {
    label: t.entitlements,
    cell: (one: ShownPlan) =>
      html`<span class="chips">${one.entitlements.map((name) => html`<code class="chip">${name}</code>`)}</span>`,
  },
  { label: t.grace, cell: (one: ShownPlan) => (one.grace_days === 0 ? parts.none : t.days(one.grace_days)) },
  { label: t.onExpiry, cell: (one: ShownPlan) => t[one.on_expiry] },
  { label: t.lease, cell: (one: ShownPlan) => t.hours(one.lease_hours) },
  {
    label: t.replacements,
    cell: (one: ShownPlan) =>
      one.replacements_per_month === null ? t.noLimit : t.perMonth(one.replacements_per_month),
  },
  {
    label: t.trial,
    cell: (one: ShownPlan) => (one.trial_days === null ? t.noTrial : t.days(one.trial_days)),
  },
  { label: t.startedBy, cell: (one: ShownPlan) => t[one.started_by] },
];

/** What is sold. */
export function Plans() {
  const loaded = useCatalogue();
  return html`<${Page} title=${t.title}>
    <p class="soft">${t.intro}</p>
    <${Show} loaded=${loaded}>${({ products }: ShownCatalogue) =>
      products.map(
        ({
          product,
          plans,
        }) => html`<section class="card" key=${product} aria-labelledby=${`product-${product}`}>
          <h2 id=${`product-${product}`}>${product}</h2>
          <${Table} caption=${product} rows=${plans} rowKey=${(one: ShownPlan) => one.plan} empty="" columns=${columnsFor(plans)} />
        </section>`,
      )}<//>
  <//>`;
}
