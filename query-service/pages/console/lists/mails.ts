import { html } from '../../parts/html.ts';
import { Page } from '../frame/page.ts';
import { texts } from '../texts/texts.ts';

const t = texts.lists.mails;
export const Mails = () => html`<${Page} title=${t.title}><p class="soft">${t.intro}</p><//>`;
