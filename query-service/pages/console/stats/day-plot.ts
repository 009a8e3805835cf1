import { html } from '../../parts/html.ts';
import { formatNumber, formatUtcDay } from '../../parts/texts/format.ts';
import type { DayCount } from './day-count.ts';
import { roundUp } from './scale.ts';

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 44;
const BOTTOM = 22;
const TOP = 8;

/** A column for each day. A screen reader gets one sentence; the table below has the numbers. */
export function DayPlot({ days, label }: { readonly days: readonly DayCount[]; readonly label: string }) {
  const top = roundUp(Math.max(...days.map(({ count }) => count), 1));
  const step = (WIDTH - LEFT) / days.length;
  const y = (count: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - count / top);
  const ticks = top === 1 ? [0, 1] : [0, top / 2, top];
  const named = [0, Math.floor(days.length / 3), Math.floor((2 * days.length) / 3), days.length - 1];
  return html`<svg class="plot" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${label}>
    ${ticks.map(
      (tick) => html`<g key=${tick}>
        <line class="grid" x1=${LEFT} x2=${WIDTH} y1=${y(tick)} y2=${y(tick)} />
        <text x=${LEFT - 8} y=${y(tick) + 4} text-anchor="end">${formatNumber(tick)}</text>
      </g>`,
    )}
    ${days.map(
      ({ day, count }, index) => html`<rect key=${day} class="bar" x=${LEFT + index * step + step * 0.12}
        y=${y(count)} width=${step * 0.76} height=${y(0) - y(count)} rx="1.5"><title>${formatUtcDay(day)}: ${formatNumber(count)}</title></rect>`,
    )}
    ${named.map((index) => {
      const anchor = index === 0 ? 'start' : index === days.length - 1 ? 'end' : 'middle';
      return html`<text key=${index} class=${anchor === 'middle' ? 'between' : undefined} x=${LEFT + (index + 0.5) * step} y=${HEIGHT - 4} text-anchor=${anchor}>${formatUtcDay(days[index]?.day ?? null)}</text>`;
    })}
  </svg>`;
}
