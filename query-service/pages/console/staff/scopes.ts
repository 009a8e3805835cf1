import { html } from '../../parts/html.ts';

export const Scopes = ({ scopes }: { readonly scopes: readonly string[] }) =>
  html`<span class="chips">${scopes.map((scope) => html`<code class="chip" key=${scope}>${scope}</code>`)}</span>`;
