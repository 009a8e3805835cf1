import express from 'express';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mountPages } from '../../../query-service/pages/serve.ts';
import { Health } from '../../../shared/http/health.ts';
import { mountDocs } from '../../../shared/http/openapi/docs.ts';
import { type HttpServer, startServer } from '../../../shared/http/server/server.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { accessibilityFaults, scrollsSideways } from '../../support/browser/accessibility.ts';
import { launchBrowser, PHONE, visit } from '../../support/browser/browser.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let server: HttpServer;
let browser: Browser;

beforeAll(async () => {
  const app = express();
  mountPages(app);
  mountDocs(app, new URL('../../../docs/openapi.json', import.meta.url));
  app.get('/broken', (_request, response) =>
    response
      .set('Content-Security-Policy', "script-src 'self'")
      .type('html')
      .send(
        '<body style="width: 2000px"><img src="/x.png"><img src="http://127.0.0.2:1/x.png"><script>1</script>',
      ),
  );
  const health = new Health({ dependencies: {}, logger });
  server = await startServer({ listener: app, host: '127.0.0.1', port: 0, health, logger, drainMs: 0 });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

it('shows every call of the API at /docs, and asks nobody else for anything', async () => {
  await using visitor = await visit(browser, { url: server.url });
  await visitor.page.goto('/docs');
  // The page of all calls is the heaviest: 4 s of a core.
  await visitor.page.getByText('/v1/signup', { exact: true }).waitFor({ timeout: 40_000 });
  expect(visitor.faults).toEqual([]);
});

it('says of a page that has not come whole that it has to be loaded again', async () => {
  await using visitor = await visit(browser, { url: server.url });
  await visitor.page.route('**/components/shell.ts', (route) => route.abort());
  await visitor.page.goto('/');
  await visitor.page.getByText('Load it again').waitFor();
  await visitor.page.unroute('**/components/shell.ts');
  await visitor.page.reload();
  await visitor.page.getByRole('heading', { level: 1 }).waitFor();
  expect(await visitor.page.getByText('Load it again').count()).toBe(0);
});

it('tells of a page that violates its policy, asks elsewhere, is not accessible, or is too wide for a phone', async () => {
  await using visitor = await visit(browser, { url: server.url, width: PHONE });
  await visitor.page.goto('/broken');
  expect(visitor.faults).toEqual(
    expect.arrayContaining([
      expect.stringContaining('Content Security Policy'),
      expect.stringMatching(/^request elsewhere: http:\/\/127\.0\.0\.2/),
    ]),
  );
  expect(await accessibilityFaults(visitor.page)).toContainEqual(expect.stringMatching(/^image-alt at img/));
  expect(await scrollsSideways(visitor.page)).toBe(true);
});
