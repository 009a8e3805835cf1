import { Show, useLoaded } from '../../parts/components/load.ts';
import { Table } from '../../parts/components/table.ts';
import { html } from '../../parts/html.ts';
import { formatNumber, formatTime, formatUtcDay } from '../../parts/texts/format.ts';
import { Page } from '../frame/page.ts';
import { api } from '../session/session.ts';
import { texts } from '../texts/texts.ts';
import { Bars } from './bars.ts';
import { type DayCount, everyDay } from './day-count.ts';
import { DayPlot } from './day-plot.ts';

const t = texts.lists.figures;

interface PlanCount {
  readonly product: string;
  readonly plan_type: string;
  readonly count: number;
}

/** `GET /v1/stats` */
interface Stats {
  readonly active_subscriptions: readonly PlanCount[];
  readonly trials: readonly PlanCount[];
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

function Counted({
  title,
  hint,
  counts,
}: {
  readonly title: string;
  readonly hint?: string;
  readonly counts: readonly PlanCount[];
}) {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const several = new Set(counts.map(({ product }) => product)).size > 1;
  return html`<section class="card">
    <div class="head"><h2>${title}</h2><span class="big">${formatNumber(total)}</span></div>
    ${hint && html`<p class="hint">${hint}</p>`}
    ${
      counts.length === 0
        ? html`<p class="empty">${t.none}</p>`
        : html`<${Bars} bars=${counts.map((one) => ({
            label: several ? `${one.product}: ${one.plan_type}` : one.plan_type,
            value: one.count,
          }))} />`
    }
  </section>`;
}
