import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';

/** The files of Swagger UI that the page uses; nothing else of the package is served. */
const FAVICON = 'favicon-32x32.png';
const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', FAVICON];

/** Everything comes from this server; the UI's own icons are data URLs in its style sheet. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>License System API</title>
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
  <div id="api"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/page.js"></script>
</body>
</html>
`;

const SCRIPT = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null,
  // A reload keeps the token that was filled in, in this browser.
  persistAuthorization: true,
});
`;

/**
 * Serves the OpenAPI document at `/openapi.json` and a page to read it at `/docs`. The page needs no other server.
 * @param file the committed document
 */
export function mountDocs(app: Express, file: string | URL): void {
  const document = readFileSync(file, 'utf8');
  // Only its files are wanted: importing the package would run the browser's code here.
  const folder = path.dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
  const headers = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' };
  app.get('/openapi.json', (_request, response) => {
    response
      .set({ ...headers, 'Cache-Control': 'max-age=300' })
      .type('application/json')
      .send(document);
  });
  app.get('/docs', (_request, response) => {
    response
      .set({ ...headers, 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Cache-Control': 'no-cache' })
      .type('html')
      .send(PAGE);
  });
  app.get('/docs/', (_request, response) => response.set(headers).redirect('/docs'));
  app.get('/docs/page.js', (_request, response) => {
    response
      .set({ ...headers, 'Cache-Control': 'max-age=300' })
      .type('js')
      .send(SCRIPT);
  });
  const serve = express.static(folder, { index: false, maxAge: '1d', redirect: false });
  for (const [place, name] of [
    ...FILES.map((file) => [`/docs/${file}`, file]),
    ['/favicon.ico', FAVICON],
  ] as const) {
    app.get(String(place), (request, response, next) => {
      request.url = `/${name}`;
      response.set(headers);
      serve(request, response, next);
    });
  }
}
