import { useEffect, useRef } from 'preact/hooks';
import { type Children, html } from '../../parts/html.ts';
import { texts } from '../texts/texts.ts';

/** A page of the console. Its title is the document's, and gets the focus when one comes here: a screen reader reads on from it. */
export function Page({
  title,
  tools,
  above,
  children,
}: {
  readonly title: string;
  readonly tools?: Children;
  readonly above?: Children;
  readonly children?: Children;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${texts.frame.brand}`;
  }, [title]);
  useEffect(() => {
    const first = document.querySelector<HTMLElement>('[data-first-focus]');
    (first ?? heading.current)?.focus();
  }, []);
  return html`<div class="stack">
    ${above}
    <div class="head"><h1 ref=${heading} tabindex="-1">${title}</h1><div class="buttons">${tools}</div></div>
    ${children}
  </div>`;
}
