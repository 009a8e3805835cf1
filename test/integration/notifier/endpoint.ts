import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  readonly id: string;
  readonly userId: string;
  readonly revision: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers a delivery: a status, or whatever it does itself. */
export type Behave = (received: Received, response: ServerResponse) => number | undefined;

/** A seller's system, which checks what it gets as the standard's own package does, and remembers it. */
export async function startEndpoint(behave: Behave = () => 204) {
  const received: Received[] = [];
  const unverified: unknown[] = [];
  let secrets: readonly Buffer[] = [];
  let current = behave;
  let connections = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { headers } = request;
    for (const secret of secrets) {
      try {
        new Webhook(secret.toString('base64')).verify(body, headers as Record<string, string>);
      } catch (error) {
        unverified.push(error);
      }
    }
    const { data } = JSON.parse(body) as { data: { user_id: string; revision: number } };
    const one = {
      id: String(headers['webhook-id']),
      userId: data.user_id,
      revision: data.revision,
      headers,
      body,
    };
    received.push(one);
    const status = current(one, response);
    if (status !== undefined) response.writeHead(status).end();
  });
  server.on('connection', () => {
    connections += 1;
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    received,
    /** Deliveries that the package of the standard refuses. */
    unverified,
    get connections() {
      return connections;
    },
    /** The secrets of which each has to have signed. */
    expect(...expected: readonly Buffer[]) {
      secrets = expected;
    },
    behave(next: Behave) {
      current = next;
    },
    /** Nothing listens there any more. */
    close,
    open: () => listen(port),
    /** The revisions of a user's events, as they came. */
    of: (userId: string) => received.filter((one) => one.userId === userId).map(({ revision }) => revision),
    [Symbol.asyncDispose]: close,
  };
}

export type TestEndpoint = Awaited<ReturnType<typeof startEndpoint>>;
