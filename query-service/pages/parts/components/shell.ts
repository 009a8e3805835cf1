import { useState } from 'preact/hooks';
import { type Children, html } from '../html.ts';
import { chooseLanguage, LANGUAGES, type Language, language } from '../texts/language.ts';
import { texts } from '../texts/texts.ts';
import { chooseTheme, chosenTheme, THEMES, type Theme } from '../theme.ts';

export interface NavItem {
  readonly href: string;
  readonly label: string;
  readonly isCurrent: boolean;
}

type Chosen = Event & { readonly currentTarget: HTMLSelectElement };

/** How the page looks and speaks, in this browser. */
export const Preferences = () => html`<div class="preferences">
  <label>${texts.language}
    <select value=${language} onChange=${(event: Chosen) => chooseLanguage(event.currentTarget.value as Language)}>
      ${LANGUAGES.map((one) => html`<option value=${one} lang=${one} selected=${one === language}>${texts.languages[one]}</option>`)}
    </select>
  </label>
  <label>${texts.theme}
    <select onChange=${(event: Chosen) => chooseTheme(event.currentTarget.value as Theme)}>
      ${THEMES.map((one) => html`<option value=${one} selected=${one === chosenTheme()}>${texts.themes[one]}</option>`)}
    </select>
  </label>
</div>`;

const Mark = () => html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="8" class="mark-ground" />
  <path d="M10 8v16h6M20 12.5l2.4 2.4 4-4.4" class="mark-line" />
</svg>`;

/** The frame of a page. With `nav` it has a menu at its side, which a narrow screen folds away. */
export function Shell({
  brand,
  home,
  nav,
  tools,
  children,
}: {
  readonly brand: string;
  readonly home: string;
  readonly nav?: readonly NavItem[];
  /** At the right of the header: who one is, and the way out. */
  readonly tools?: Children;
  readonly children?: Children;
}) {
  const [isOpen, setOpen] = useState(false);
  return html`<div class=${nav ? 'shell with-nav' : 'shell'}>
    <a class="skip" href="#content" onClick=${(event: Event) => {
      event.preventDefault();
      document.getElementById('content')?.focus();
    }}>${texts.skip}</a>
    <header class="top">
      ${
        nav &&
        html`<button type="button" class="button quiet menu-button" aria-expanded=${isOpen} aria-controls="menu"
        onClick=${() => setOpen(!isOpen)}><span aria-hidden="true">☰</span><span class="unseen">${texts.menu}</span></button>`
      }
      <a class="brand" href=${home}><${Mark} /><span>${brand}</span></a>
      <div class="tools">${tools}</div>
    </header>
    ${
      nav &&
      html`<nav id="menu" class=${isOpen ? 'side open' : 'side'} aria-label=${texts.menu}>
      <ul>${nav.map(
        (
          item,
        ) => html`<li key=${item.href}><a href=${item.href} aria-current=${item.isCurrent ? 'page' : undefined}
          onClick=${() => setOpen(false)}>${item.label}</a></li>`,
      )}</ul>
      <${Preferences} />
    </nav>`
    }
    <main id="content" tabindex="-1">${children}</main>
    ${!nav && html`<footer class="foot"><${Preferences} /></footer>`}
  </div>`;
}
