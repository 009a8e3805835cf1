import { type Children, html } from '../html.ts';

/** How a state looks. The text says it too: nothing is told by colour alone. */
export type Tone = 'good' | 'warning' | 'bad' | 'neutral' | 'info';

export const Badge = ({
  tone = 'neutral',
  children,
}: {
  readonly tone?: Tone;
  readonly children?: Children;
}) => html`<span class=${`badge ${tone}`}>${children}</span>`;
