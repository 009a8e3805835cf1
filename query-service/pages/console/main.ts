import { Shell } from '../parts/components/shell.ts';
import { html } from '../parts/html.ts';
import { startPage } from '../parts/start.ts';

startPage(html`<${Shell} brand="License System" home="#/"><h1>Console</h1><//>`);
