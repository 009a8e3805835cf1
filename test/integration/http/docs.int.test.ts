import express from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Health } from '../../../shared/http/health.ts';
import { mountDocs } from '../../../shared/http/openapi/docs.ts';
import { type HttpServer, startServer } from '../../../shared/http/server/server.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let server: HttpServer;
beforeAll(async () => {
  const app = express();
  mountDocs(app, new URL('../../../docs/openapi.json', import.meta.url));
  const health = new Health({ dependencies: {}, logger });
  server = await startServer({ listener: app, host: '127.0.0.1', port: 0, health, logger, drainMs: 0 });
});
afterAll(() => server.stop());

it('shows the document on a page that needs no other server', async () => {
  const page = await fetch(`${server.url}/docs`);
  expect(page.status).toBe(200);
  const policy = page.headers.get('Content-Security-Policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const html = await page.text();
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string);
  expect(links.length).toBeGreaterThanOrEqual(4);
  for (const link of links) {
    expect(link).toMatch(/^\/docs\//);
    const file = await fetch(`${server.url}${link}`);
    expect(file.status, link).toBe(200);
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(50);
  }
  // Neither a script nor a style stands in the page itself: the policy would stop it.
  expect(html).not.toMatch(/<script>|<style|style=|onload=/);
});

it('serves the document, and no other file of the page’s package', async () => {
  const document = await fetch(`${server.url}/openapi.json`);
  expect(document.headers.get('Content-Type')).toMatch(/^application\/json/);
  expect(await document.json()).toMatchObject({ openapi: '3.1.0', paths: { '/v1/signup': {} } });
  for (const path of [
    '/docs/package.json',
    '/docs/index.html',
    '/docs/../package.json',
    '/docs/%2e%2e/package.json',
  ])
    expect((await fetch(`${server.url}${path}`)).status, path).toBe(404);
});
