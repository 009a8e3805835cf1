import { setTimeout as delay } from 'node:timers/promises';

/** How long a question is asked again where the answer says so. */
const PATIENCE_MS = 30_000;

export type Say = (line: string) => void;
export type Answer = { readonly body: Record<string, unknown>; readonly position: string | undefined };

export interface Question {
  readonly method: string;
  readonly resource: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly minEventPosition?: string | undefined;
  readonly expected: number;
}

export type Ask = (question: Question) => Promise<Answer>;

/** Asks the system at `url`, and prints every request and answer. The asking throws where the status is another than expected. */
export const caller =
  (url: string, say: Say): Ask =>
  async (question) => {
    const { method, resource, body, expected } = question;
    say(`  → ${method} ${resource}${body ? ` ${shown(body)}` : ''}`);
    const deadline = Date.now() + PATIENCE_MS;
    let response = await send(url, question);
    // A read model that has not come as far yet says when to ask again: just after the start it may take a moment.
    while (response.status === 503 && response.headers.has('Retry-After') && Date.now() < deadline) {
      await delay(Number(response.headers.get('Retry-After')) * 1_000);
      response = await send(url, question);
    }
    const answer = (await response.json()) as Record<string, unknown>;
    say(`  ← ${response.status} ${shown(answer)}`);
    if (response.status !== expected)
      throw new Error(`${method} ${resource}: expected ${expected}, got ${response.status}`);
    return { body: answer, position: response.headers.get('Event-Position') ?? undefined };
  };

const send = (url: string, { method, resource, body, token, minEventPosition }: Question) =>
  fetch(`${url}${resource}`, {
    method,
    headers: {
      ...(body ? { 'Content-Type': 'application/json' } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(minEventPosition ? { 'Min-Event-Position': minEventPosition } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });

/** As JSON, long secrets shortened: a tour may be pasted into a ticket. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (key, field) =>
    typeof field === 'string' && /(token|key|password)$/.test(key) ? `${field.slice(0, 12)}…` : field,
  );
