import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** One request of a load, and whether its answer is a good one. */
export interface Ask {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly good: (status: number, body: Record<string, unknown>) => boolean;
}

export interface LoadReport {
  /** Requests by name. */
  readonly asked: ReadonlyMap<string, number>;
  readonly total: number;
  /** What went wrong, as text: a status, or the connection's error. */
  readonly failures: readonly string[];
  readonly maxMs: number;
  readonly p99Ms: number;
}

export interface Load {
  /** Requests answered so far. */
  readonly answered: number;
  stop(): Promise<LoadReport>;
}

const send = (url: URL, agent: Agent, { method, path, headers, body }: Ask) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(new URL(path, url), {
      agent,
      method,
      headers: {
        ...headers,
        ...(text === undefined
          ? { 'Content-Length': 0 }
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        answer += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: answer }));
    });
    sent.end(text);
  });

/**
 * Asks over `connections` connections that are kept, until it is stopped. Nothing is asked again: a connection that
 * breaks is a failure like a wrong answer.
 * @param next the next request of a connection, from 0; its last one was answered
 */
export function startLoad(base: string, connections: number, next: (connection: number) => Ask): Load {
  const url = new URL(base);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const asked = new Map<string, number>();
  const failures: string[] = [];
  const times: number[] = [];
  let stopped = false;
  const ask = async (connection: number) => {
    const question = next(connection);
    asked.set(question.name, (asked.get(question.name) ?? 0) + 1);
    const started = performance.now();
    const failed = (what: string) =>
      failures.push(
        `${new Date().toISOString()} ${question.name}: ${what} after ${Math.round(performance.now() - started)} ms`,
      );
    try {
      const { status, text } = await send(url, agent, question);
      const body = text === '' ? {} : JSON.parse(text);
      if (!question.good(status, body)) failed(`${status} ${text.slice(0, 200)}`);
    } catch (error) {
      failed(String(error));
    }
    times.push(performance.now() - started);
  };
  const workers = Array.from({ length: connections }, async (_, connection) => {
    while (!stopped) {
      await ask(connection);
      // So that two cores are left for the system itself.
      await wait(Math.random() * 20);
    }
  });
  return {
    get answered() {
      return times.length;
    },
    async stop() {
      stopped = true;
      await Promise.all(workers);
      agent.destroy();
      times.sort((a, b) => a - b);
      return {
        asked,
        total: times.length,
        failures,
        maxMs: Math.round(times.at(-1) ?? 0),
        p99Ms: Math.round(times[Math.floor(times.length * 0.99)] ?? 0),
      };
    },
  };
}
