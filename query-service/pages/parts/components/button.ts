import { type Children, html } from '../html.ts';

export interface ButtonProps {
  readonly children?: Children;
  readonly kind?: 'primary' | 'plain' | 'danger' | 'quiet';
  readonly small?: boolean;
  readonly submit?: boolean;
  readonly busy?: boolean;
  readonly onClick?: () => void;
  /** Where the text alone does not say of what: read instead of it. */
  readonly label?: string;
}

/** While it is busy it can't be pressed again, and keeps its focus. */
export function Button({ kind = 'plain', small, submit, busy, onClick, label, children }: ButtonProps) {
  const press = (event: Event) => {
    if (busy) event.preventDefault();
    else onClick?.();
  };
  return html`<button
    type=${submit ? 'submit' : 'button'}
    class=${`button ${kind} ${small ? 'small' : ''}`}
    aria-disabled=${busy ? 'true' : undefined}
    aria-label=${label}
    onClick=${press}
  >${busy && html`<span class="spinner" aria-hidden="true"></span>`}${children}</button>`;
}
