import { setTimeout as delay } from 'node:timers/promises';

/** How long a question is asked again where the answer says so. */
const PATIENCE_MS = 30_000;

export type Say = (line: string) => void;

export interface Answer {
  /** An empty object where the answer has no body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** For `minEventPosition` of a question whose answer must know of this one. */
  readonly position: string | undefined;
}

export interface Question {
  readonly method: string;
  readonly resource: string;
  /** As JSON; URLSearchParams as a form. */
  readonly body?: unknown;
  /** A bearer token: an access token, an activation key or a license key. */
  readonly token?: string;
  /** Account and secret of OAuth's client credentials (RFC 6749, 2.3.1). */
  readonly basic?: readonly [id: string, secret: string];
  readonly minEventPosition?: string | undefined;
  readonly expected: number;
}

export type Ask = (question: Question) => Promise<Answer>;

/**
 * Asks the system at `url`, and prints every request and answer.
 * The asking throws an Error where the answer has another status than the expected one.
 */
export const caller =
  (url: string, say: Say): Ask =>
  async (question) => {
    const { method, resource, body, expected } = question;
    say(`  → ${method} ${resource}${body ? ` ${shownBody(body)}` : ''}`);
    const deadline = Date.now() + PATIENCE_MS;
    let response = await send(url, question);
    // A read model that has not come as far yet says when to ask again: just after the start it may take a moment.
    while (response.status === 503 && response.headers.has('Retry-After') && Date.now() < deadline) {
      await delay(Number(response.headers.get('Retry-After')) * 1_000);
      response = await send(url, question);
    }
    const text = await response.text();
    const answer = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    say(`  ← ${response.status}${text === '' ? '' : ` ${shown(answer)}`}`);
    if (response.status !== expected)
      throw new Error(`${method} ${resource}: expected ${expected}, got ${response.status}: ${text}`);
    return { body: answer, position: response.headers.get('Event-Position') ?? undefined };
  };

function send(url: string, question: Question): Promise<Response> {
  const { method, resource, body, token, basic, minEventPosition } = question;
  const form = body instanceof URLSearchParams;
  return fetch(`${url}${resource}`, {
    method,
    headers: {
      ...(body && !form ? { 'Content-Type': 'application/json' } : {}),
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(basic ? { Authorization: `Basic ${Buffer.from(basic.join(':')).toString('base64')}` } : {}),
      ...(minEventPosition ? { 'Min-Event-Position': minEventPosition } : {}),
    },
    ...(body ? { body: form ? body : JSON.stringify(body) } : {}),
  });
}

const shownBody = (body: unknown): string => (body instanceof URLSearchParams ? String(body) : shown(body));

/** As JSON, long secrets shortened: what is printed may be pasted into a ticket. */
const shown = (value: unknown): string =>
  JSON.stringify(value, (key, field) =>
    typeof field === 'string' && /(token|key|password|secret)$/.test(key) ? `${field.slice(0, 12)}…` : field,
  );

/** Asks with the key, and (right after an activation) for a read model that has seen it. */
export async function validate(ask: Ask, token: string, clientId: string, minEventPosition?: string) {
  const resource = `/v1/licenses/validate?client_id=${encodeURIComponent(clientId)}`;
  return (await ask({ method: 'GET', resource, token, minEventPosition, expected: 200 })).body;
}
