import { html } from '../parts/html.ts';
import { startPage } from '../parts/start.ts';
import { App } from './app.ts';
import { texts } from './texts/texts.ts';

document.title = texts.title;
startPage(html`<${App} />`);
