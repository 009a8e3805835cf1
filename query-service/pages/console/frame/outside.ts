import { useEffect } from 'preact/hooks';
import { Shell } from '../../parts/components/shell.ts';
import { type Children, html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';

export const BRAND = texts.frame.console;

/** What is shown to who is not signed in: one card. */
export function Outside({
  title,
  intro,
  children,
}: {
  readonly title: string;
  readonly intro?: string;
  readonly children?: Children;
}) {
  useEffect(() => {
    document.title = `${title} · ${texts.frame.brand}`;
  }, [title]);
  return html`<${Shell} brand=${BRAND} home="#/">
    <div class="card outside"><h1>${title}</h1>${intro && html`<p class="soft">${intro}</p>`}${children}</div>
  <//>`;
}
