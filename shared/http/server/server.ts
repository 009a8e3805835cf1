import { createServer, type RequestListener, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '../../process/logger.ts';
import type { Health } from '../health.ts';
import { Problem, problemAnswer } from '../problems/problem.ts';
import type { ProblemCode } from '../problems/problem-codes.ts';
import { Arrivals } from './arrivals.ts';
import { requestIdFrom } from './request-id.ts';

export interface ServerOptions {
  readonly listener: RequestListener;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly health: Health;
  readonly logger: Logger;
  /** How long requests are still taken after a stop was asked for, so that load balancers turn away; default 1 s. */
  readonly drainMs?: number;
  /** How long a request that is under way may take to end after that; default 10 s. */
  readonly finishMs?: number;
}

export interface HttpServer {
  readonly port: number;
  readonly url: string;
  /**
   * Says "not ready" and closes each connection with its next answer, stops listening after `drainMs` at a moment when
   * nothing arrives, and resolves when the last request is answered, or `finishMs` later. A repeated call waits for
   * the first.
   */
  stop(): Promise<void>;
}

/** Longer than Nginx keeps an idle connection (60 s), so that it is never closed under a request. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_HEADER_BYTES = 16_384;
/**
 * Connections that may wait to be accepted; the kernel holds it to its own limit (`net.core.somaxconn`, 4096 by default).
 * Node's 511 overflow when Nginx passes on thousands of clients that ask at once, and each that is dropped waits a second.
 */
const BACKLOG = 16_384;
/** How long to wait for a moment when nothing arrives; under any load but a flood it comes within milliseconds. */
const PAUSE_MS = 500;

/** Starts to listen. @throws the listening's error, such as EADDRINUSE */
export async function startServer(options: ServerOptions): Promise<HttpServer> {
  let closing = false;
  /** Requests that came while the last ones are being taken in. */
  let held: (() => void)[] | undefined;
  const server = createServer(
    {
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      if (closing) response.setHeader('Connection', 'close');
      if (held) held.push(() => options.listener(request, response));
      else options.listener(request, response);
    },
  );
  const arrivals = new Arrivals(server);
  server.on('clientError', refuseUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`;
  options.logger.info({ url }, 'listening');

  const drain = async () => {
    closing = true;
    arrivals.closeWithAnswers();
    options.health.drain();
    // Load balancers learn of it by asking or by failing to connect; nothing tells this side that they all did.
    await delay(options.drainMs ?? 1_000);
    // Nothing is worked on meanwhile: whoever waits for an answer sends no more, and the turns are short.
    held = [];
    await arrivals.pause(PAUSE_MS);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const start of held) start();
    held = undefined;
    const late = setTimeout(() => {
      options.logger.warn('requests_cut_off');
      server.closeAllConnections();
    }, options.finishMs ?? 10_000);
    await closed;
    clearTimeout(late);
  };
  let stopped: Promise<void> | undefined;
  return {
    port,
    url,
    stop: () => {
      stopped ??= drain();
      return stopped;
    },
  };
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const UNREADABLE: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** What is no HTTP never becomes a request; it gets its problem by hand, and the connection is closed. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const code = UNREADABLE[error.code ?? ''] ?? 'malformed_request';
  const { status, headers, body } = problemAnswer(new Problem(code), requestIdFrom(undefined));
  const lines = Object.entries({
    ...headers,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
}
