import { html } from '../parts/html.ts';
import { startPage } from '../parts/start.ts';
import { App } from './frame/app.ts';

startPage(html`<${App} />`);
