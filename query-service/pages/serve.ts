import { createHash } from 'node:crypto';
import type { Express, Request, Response } from 'express';
import { type Asset, asset, importMap, LATE, readAssets } from './assets.ts';

/** Where each page is, and its title until its program has one; that is `<name>/main.ts`. */
const PAGES = {
  front: { url: '/', title: 'License System' },
  console: { url: '/console', title: 'Console' },
  account: { url: '/account', title: 'Your account' },
} as const;

/**
 * Everything comes from this server, and nothing runs or is styled but what stands in a file of it; the import map is
 * let in by its digest. No string becomes markup anywhere (Trusted Types), so none that a customer chose can.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash('sha256').update(importMap).digest('base64')}'`,
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Shown by the style alone, after some seconds in which the program has not begun: one of its files did not come. */
const NOT_LOADED =
  'This page has not loaded completely. Load it again. · <span lang="de">Die Seite wurde nicht vollständig geladen. Bitte laden Sie sie neu.</span>';

const HEADERS = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' };
const PAGE_HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** All modules of a page are named in its head, so they come in one go and not one import after the other. */
function page(name: keyof typeof PAGES, assets: readonly Asset[]): Asset {
  const mine = assets.filter(
    ({ url }) => !/^\/pages\/(front|console|account)\//.test(url) || url.startsWith(`/pages/${name}/`),
  );
  const styles = mine.filter(({ url }) => url.endsWith('.css'));
  const modules = mine.filter(({ type, url }) => type.startsWith('text/javascript') && url !== LATE);
  return asset(
    PAGES[name].url,
    'text/html; charset=utf-8',
    `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${PAGES[name].title}</title>
  <link rel="icon" type="image/svg+xml" href="/pages/parts/icon.svg">
${styles.map(({ url }) => `  <link rel="stylesheet" href="${url}">`).join('\n')}
  <script type="importmap">${importMap}</script>
${modules.map(({ url }) => `  <link rel="modulepreload" href="${url}">`).join('\n')}
  <script type="module" src="/pages/${name}/main.ts"></script>
</head>
<body>
  <div id="page"><p class="not-loaded">${NOT_LOADED}</p></div>
  <noscript>This page needs JavaScript. What it does can be done with the API too: /docs</noscript>
</body>
</html>
`,
  );
}

function send(request: Request, response: Response, file: Asset): void {
  response.set({ ...HEADERS, 'Cache-Control': 'no-cache', ETag: file.etag, Vary: 'Accept-Encoding' });
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  const gzip = request.acceptsEncodings('gzip') !== false;
  if (gzip) response.set('Content-Encoding', 'gzip');
  response.set('Content-Type', file.type);
  response.end(gzip ? file.gzipped : file.body);
}

/**
 * Serves `/`, `/console` and `/account`, and under `/pages/` what they consist of. A browser asks each time whether a file is
 * still the same (ETag): during a rolling restart a page must not be put together from two releases for longer than a
 * reload takes. One route for all of them, because Express compares each request with every route before its own.
 */
export function mountPages(app: Express): void {
  const assets = readAssets();
  const pages = (Object.keys(PAGES) as (keyof typeof PAGES)[]).map((name) => page(name, assets));
  const files = new Map([...assets, ...pages].map((file) => [file.url, file]));
  app.get(/^\/(pages\/|console$|account$|$)/, (request, response, next) => {
    const file = files.get(request.path);
    if (!file) {
      next();
      return;
    }
    if (pages.includes(file)) response.set(PAGE_HEADERS);
    send(request, response, file);
  });
  app.get(/^\/(console|account)\/$/, (request, response) =>
    response.set(HEADERS).redirect(request.path.slice(0, -1)),
  );
}
