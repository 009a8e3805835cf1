import { html } from '../../parts/html.ts';
import { formatNumber } from '../../parts/texts/format.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** As it is written, where it is no plain number. */
  readonly text?: string;
}

const WIDTH = 300;
const HEIGHT = 10;

/** Amounts beside each other, as long as they are large. The numbers are text; the bars are for the eyes alone. */
export function Bars({ bars }: { readonly bars: readonly Bar[] }) {
  const most = Math.max(...bars.map(({ value }) => value), 1);
  return html`<dl class="bars">${bars.map(
    ({ label, value, text }) => html`<div key=${label}>
      <dt>${label}</dt>
      <dd>
        <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          <rect class="bar-ground" width=${WIDTH} height=${HEIGHT} rx="4" />
          <rect class="bar" width=${Math.max(2, (value / most) * WIDTH)} height=${HEIGHT} rx="4" />
        </svg>
        <span>${text ?? formatNumber(value)}</span>
      </dd>
    </div>`,
  )}</dl>`;
}
