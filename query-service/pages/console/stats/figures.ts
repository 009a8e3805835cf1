import { Show, useLoaded } from '../../parts/components/load.ts';
import { Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatMoney, formatNumber, formatTime, formatUtcDay } from '../../parts/texts/format.ts';
import { Page } from '../frame/page.ts';
import { api } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import { type Bar, Bars } from './bars.ts';
import { type DayCount, everyDay } from './day-count.ts';
import { DayPlot } from './day-plot.ts';

const t = texts.lists.figures;

interface PlanCount {
  readonly product: string;
  readonly plan_type: string;
  readonly count: number;
}

interface Mrr extends Omit<PlanCount, 'count'> {
  readonly currency: string;
  readonly amount: number;
}

interface Seats extends Omit<PlanCount, 'count'> {
  readonly bought: number;
  readonly used: number;
}

/** `GET /v1/stats` */
interface Stats {
  readonly active_subscriptions: readonly PlanCount[];
  readonly trials: readonly PlanCount[];
  readonly active_customers: readonly { readonly product: string | null; readonly count: number }[];
  readonly mrr: readonly Mrr[];
  readonly seats: readonly Seats[];
  readonly activations: readonly DayCount[];
  readonly as_of: string;
}

const DAYS = 90;
/** How much of what is sold, and how many machines come. */
export function Figures() {
  const loaded = useLoaded<Stats>('stats', () => api({ method: 'GET', path: '/v1/stats' }));
  return html`<${Page} title=${t.title}>
    <${Show} loaded=${loaded}>${(stats: Stats) => {
      const days = everyDay(stats.activations, DAYS, Date.parse(stats.as_of));
      return html`<p class="soft">${t.asOf(formatTime(stats.as_of))}</p>
        <div class="columns even">
          <${Counted} title=${t.active} hint=${t.activeHint} counts=${stats.active_subscriptions} />
          <${Counted} title=${t.trials} counts=${stats.trials} />
        </div>
        <div class="columns even">
          <${Card} title=${t.customers} total=${formatNumber(stats.active_customers[0]?.count ?? 0)}
            bars=${stats.active_customers.map(({ product, count }) => ({ label: product ?? t.allProducts, value: count }))} />
          <${SeatsCard} seats=${stats.seats} />
          ${[...new Set(stats.mrr.map(({ currency }) => currency))].map(
            (currency) =>
              html`<${MrrCard} key=${currency} mrr=${stats.mrr.filter((one) => one.currency === currency)} currency=${currency} />`,
          )}
        </div>
        <section class="card" aria-labelledby="activations">
          <div class="head"><h2 id="activations">${t.activations}</h2>
            <span class="soft">${t.total(formatNumber(days.reduce((sum, { count }) => sum + count, 0)))}</span></div>
          <p class="hint">${t.activationsHint}</p>
          <${DayPlot} days=${days} label=${t.activations} />
          <details><summary>${t.asTable}</summary>
            <${Table} caption=${t.activations} rows=${days.toReversed()} rowKey=${({ day }: DayCount) => day} empty="" columns=${[
              { label: t.day, cell: ({ day }: DayCount) => formatUtcDay(day) },
              { label: t.count, numeric: true, cell: ({ count }: DayCount) => formatNumber(count) },
            ]} />
          </details>
        </section>`;
    }}<//>
  <//>`;
}

/** Plans by their names, with their products' where there are several. */
function nameOf(plans: readonly { readonly product: string }[]) {
  const several = new Set(plans.map(({ product }) => product)).size > 1;
  return (one: { readonly product: string; readonly plan_type: string }): string =>
    several ? `${one.product}: ${one.plan_type}` : one.plan_type;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function Counted({
  title,
  hint,
  counts,
}: {
  readonly title: string;
  readonly hint?: string;
  readonly counts: readonly PlanCount[];
}) {
  const name = nameOf(counts);
  const bars = counts.map((one) => ({ label: name(one), value: one.count }));
  return html`<${Card} title=${title} hint=${hint} total=${formatNumber(sum(counts.map(({ count }) => count)))} bars=${bars} />`;
}

function MrrCard({ mrr, currency }: { readonly mrr: readonly Mrr[]; readonly currency: string }) {
  const name = nameOf(mrr);
  const bars = mrr.map((one) => ({
    label: name(one),
    value: one.amount,
    text: formatMoney(one.amount, currency),
  }));
  const total = formatMoney(sum(mrr.map(({ amount }) => amount)), currency);
  return html`<${Card} title=${t.mrr(currency)} total=${total} bars=${bars} />`;
}

function SeatsCard({ seats }: { readonly seats: readonly Seats[] }) {
  const name = nameOf(seats);
  const byPlan = [...new Set(seats.map(name))].map((label) => {
    const its = seats.filter((one) => name(one) === label);
    return { label, used: sum(its.map(({ used }) => used)), bought: sum(its.map(({ bought }) => bought)) };
  });
  const text = (used: number, bought: number) => t.ofAll(formatNumber(used), formatNumber(bought));
  const bars = byPlan.map(({ label, used, bought }) => ({ label, value: used, text: text(used, bought) }));
  const total = text(sum(seats.map(({ used }) => used)), sum(seats.map(({ bought }) => bought)));
  return html`<${Card} title=${t.seats} total=${total} bars=${bars} />`;
}

function Card({
  title,
  hint,
  total,
  bars,
}: {
  readonly title: string;
  readonly hint?: string | undefined;
  readonly total: string;
  readonly bars: readonly Bar[];
}) {
  return html`<section class="card">
    <div class="head"><h2>${title}</h2><span class="big">${total}</span></div>
    ${hint && html`<p class="hint">${hint}</p>`}
    ${bars.length === 0 ? html`<p class="empty">${t.none}</p>` : html`<${Bars} bars=${bars} />`}
  </section>`;
}
