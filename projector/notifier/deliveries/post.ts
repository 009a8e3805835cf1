import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Clock } from '../../../shared/clock.ts';
import type { Gate } from './lookup.ts';
import { readRetryAfter } from './schedule.ts';

/** What an endpoint answered. What its body said is read for the connection's sake, and kept nowhere. */
export interface Answer {
  readonly status: number;
  /** In milliseconds. */
  readonly retryAfter?: number | undefined;
}

export interface Poster {
  /**
   * Sends one delivery and follows no redirect. Never longer than the deadline: 15 s in all.
   * @throws Error no answer: its message says why, and holds nothing that the endpoint sent
   * @throws the signal's reason
   */
  post(
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<Answer>;
  close(): void;
}

export interface PosterOptions {
  readonly gate: Gate;
  readonly clock: Clock;
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 15_000;
/** The answer has come with its headers: only what else it says is waited for, so that the connection can be used again. */
const REST_MS = 1_000;
const MOST_READ = 16 * 1024;
/** Well below what servers and balancers close idle connections after. */
const IDLE_MS = 4_000;

export function createPoster({ gate, clock, deadlineMs = DEADLINE_MS }: PosterOptions): Poster {
  // How many are under way at once is the sender's to say.
  const keep = { keepAlive: true, maxFreeSockets: 8, timeout: IDLE_MS };
  const plain = new http.Agent(keep);
  const secure = new https.Agent(keep);

  function open(url: URL, options: RequestOptions): ClientRequest {
    return url.protocol === 'https:'
      ? https.request(url, { ...options, agent: secure })
      : http.request(url, { ...options, agent: plain });
  }

  function attempt(url: URL, options: RequestOptions, body: string): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const request = open(url, options);
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The endpoint closed an idle connection just as it was used: that says nothing about the delivery.
      const idle = request.reusedSocket && error.code === 'ECONNRESET';
      if (idle) resolve(attempt(url, options, body));
      else reject(error);
    });
    request.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      const answer = { status, retryAfter: readRetryAfter(headers['retry-after'], clock()) };
      readRest(response, () => resolve(answer));
    });
    // Nobody asked for another protocol. Unheard, this would be the end of the request, with neither answer nor error.
    request.on('upgrade', ({ statusCode: status = 0 }, socket) => {
      socket.destroy();
      resolve({ status });
    });
    request.end(body);
    return promise;
  }

  return {
    async post(text, headers, body, signal) {
      const url = new URL(text);
      gate.assertAllowed(url);
      const late = AbortSignal.timeout(deadlineMs);
      try {
        return await attempt(
          url,
          {
            method: 'POST',
            lookup: gate.lookup,
            signal: AbortSignal.any([signal, late]),
            headers: {
              ...headers,
              'content-type': 'application/json',
              'content-length': String(Buffer.byteLength(body)),
              'user-agent': 'License-System-Webhooks/1',
            },
          },
          body,
        );
      } catch (error) {
        signal.throwIfAborted();
        if (late.aborted) throw new Error(`no answer within ${deadlineMs / 1_000} s`, { cause: error });
        throw error;
      }
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Reads what follows the headers, a bounded part of it for a bounded time. `done` is called once. */
function readRest(response: IncomingMessage, done: () => void): void {
  let read = 0;
  const giveUp = () => response.destroy();
  const timer = setTimeout(giveUp, REST_MS);
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > MOST_READ) giveUp();
  });
  // An answer that breaks off is one all the same.
  response.on('error', () => undefined);
  response.once('close', () => {
    clearTimeout(timer);
    done();
  });
}
