import { render, type VNode } from 'preact';
import { language } from './texts/language.ts';
import { applyTheme } from './theme.ts';

/** Shows a page. @throws TypeError where the document has no place for it */
export function startPage(view: VNode): void {
  applyTheme();
  document.documentElement.lang = language;
  const place = document.getElementById('page');
  if (!place) throw new TypeError('the document has no element with the id page');
  place.replaceChildren();
  render(view, place);
}
