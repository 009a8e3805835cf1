import { useEffect, useState } from 'preact/hooks';
import { Notice } from '../../parts/components/notice.ts';
import { html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';

const t = texts.session;
const START = '/v1/staff/oidc/start';

/** Whether the seller has an OpenID provider: where none is configured the route is a 404. The provider itself is not asked. */
const isConfigured = (): Promise<boolean> =>
  fetch(START, { redirect: 'manual' }).then(
    ({ type }) => type === 'opaqueredirect',
    () => false,
  );

/** The way in through the seller's own provider, where there is one. @param refused what it came back with, in the address */
export function SingleSignOn({ refused }: { readonly refused: string | undefined }) {
  const [isThere, setThere] = useState(false);
  useEffect(() => void isConfigured().then(setThere), []);
  return html`
    ${refused !== undefined && html`<${Notice} tone="bad"><p>${t.refused[refused] ?? t.refused.not_confirmed}</p><//>`}
    ${isThere && html`<a class="button" href=${START}>${t.singleSignOn}</a>`}`;
}
