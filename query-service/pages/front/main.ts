import { Shell } from '../parts/components/shell.ts';
import { html } from '../parts/html.ts';
import { startPage } from '../parts/start.ts';
import { inLanguage } from '../parts/texts/language.ts';
import { de } from './texts/de.ts';
import { en } from './texts/en.ts';

const texts = inLanguage({ en, de });

const WAYS = [
  { href: '/account', ...texts.account },
  { href: '/console', ...texts.console },
  { href: '/docs', ...texts.docs },
];

/** Which way whoever comes here wants to go. */
const Front = () => html`<${Shell} brand=${texts.title} home="/">
  <div class="front">
    <header class="front-head"><h1>${texts.title}</h1><p class="soft">${texts.lead}</p></header>
    <div class="ways">${WAYS.map(
      ({ href, title, lead, open }) => html`<section class="card" key=${href}>
        <h2>${title}</h2>
        <p class="soft">${lead}</p>
        <a class="button primary" href=${href}>${open}</a>
      </section>`,
    )}</div>
  </div>
<//>`;

startPage(html`<${Front} />`);
