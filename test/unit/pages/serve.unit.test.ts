import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as plainRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAssets } from '../../../query-service/pages/assets.ts';
import { mountPages } from '../../../query-service/pages/serve.ts';

let server: Server;
let origin: string;
beforeAll(async () => {
  const app = express();
  mountPages(app);
  app.use((_request, response) => void response.status(404).end());
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(origin + path, { headers, redirect: 'manual' });

describe.each([
  ['/', 'front'],
  ['/console', 'console'],
  ['/account', 'account'],
])('%s', (path, name) => {
  it('lets nothing in but files of this server, and its import map by digest', async () => {
    const answer = await get(path);
    const text = await answer.text();
    const policy = answer.headers.get('Content-Security-Policy') ?? '';
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    const [, map = ''] = /<script type="importmap">(.*)<\/script>/.exec(text) ?? [];
    expect(policy).toContain(`'sha256-${createHash('sha256').update(map).digest('base64')}'`);
    expect(text).not.toMatch(/ (on\w+|style)=/);
  });

  it('names files that are there', async () => {
    const text = await (await get(path)).text();
    const named = [...text.matchAll(/(?:href|src)="([^"]+)"|"(\/pages\/[^"]+)"/g)].map(
      (found) => found[1] ?? found[2],
    );
    expect(named).toContain(`/pages/${name}/main.ts`);
    for (const file of named) expect([file, (await get(String(file))).status]).toEqual([file, 200]);
  });
});

it.each(['/console', '/account'])('sends %s/ to the address without a slash', async (path) => {
  const { status, headers } = await get(`${path}/`);
  expect([status, headers.get('Location')]).toEqual([302, path]);
});

it('serves TypeScript that a browser can run', async () => {
  const answer = await get('/pages/parts/api/api.ts');
  expect(answer.headers.get('Content-Type')).toMatch(/^text\/javascript/);
  const text = await answer.text();
  expect(text).toContain('export function createApi(options');
  expect(text).not.toContain('ApiOptions');
});

it('compresses for whoever takes it, and says when a file is still the same', async () => {
  const plain = await get('/pages/parts/style/controls.css', { 'Accept-Encoding': 'identity' });
  const zipped = await get('/pages/parts/style/controls.css', { 'Accept-Encoding': 'gzip' });
  expect(plain.headers.get('Content-Encoding')).toBeNull();
  expect(zipped.headers.get('Content-Encoding')).toBe('gzip');
  expect(await zipped.text()).toBe(await plain.text());
  const etag = String(plain.headers.get('ETag'));
  // `fetch` adds `Cache-Control: no-cache` to such a request, and with that the whole file is wanted.
  const asked = plainRequest(`${origin}/pages/parts/style/controls.css`, {
    headers: { 'If-None-Match': etag },
  });
  const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBe(304);
});

it('serves what the pages consist of and nothing else', async () => {
  for (const path of [
    '/pages/serve.ts',
    '/pages/../config.ts',
    '/pages/tsconfig.json',
    '/pages/parts/none.ts',
    '/pages/',
  ])
    expect([path, (await get(path)).status]).toEqual([path, 404]);
});

it('imports nothing that a browser could not find', () => {
  const assets = readAssets();
  const urls = new Set(assets.map(({ url }) => url));
  const missing = assets.flatMap(({ url, type, body }) =>
    type.startsWith('text/javascript') && !url.startsWith('/pages/libraries/')
      ? [...body.toString().matchAll(/^(?:import|export) [^;]*?from '([^']+)'/gm)]
          .map(([, name]) => String(name))
          .filter((name) => !['preact', 'preact/hooks', 'htm', 'qrcode-generator'].includes(name))
          .map((name) => new URL(name, `http://host${url}`).pathname)
          .filter((path) => !urls.has(path))
      : [],
  );
  expect(missing).toEqual([]);
});
