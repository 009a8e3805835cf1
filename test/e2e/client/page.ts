import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Project } from './project.ts';

const PAGE = `<!doctype html><html lang="en"><title>Program</title><script type="importmap">
{ "imports": { "@license-system/client": "/@license-system/client/dist/index.js", "jose": "/jose/dist/webapi/index.js" } }
</script><script type="module" src="/program.js"></script></html>`;

const PROGRAM = path.join(import.meta.dirname, 'page-program.js');

/** Serves a page of another origin than the system's, and the project's packages to it. */
export async function servePage({
  folder,
}: Project): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(({ url = '/' }, response) => {
    if (!url.endsWith('.js')) {
      response.setHeader('Content-Type', 'text/html').end(PAGE);
      return;
    }
    response.setHeader('Content-Type', 'text/javascript');
    const own = url === '/program.js';
    createReadStream(own ? PROGRAM : path.join(folder, 'node_modules', url))
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
