import { LicensingFault } from './fault.ts';

/** How long one try may take, its body included. */
const TRY_MS = 2_000;
const RETRIES = 2;
/** The wait before a retry: half to all of this, and three times that before the second. */
const FIRST_WAIT_MS = 200;
/** A `Retry-After` up to this is waited for; with a longer one the lease has to answer. */
const LONGEST_WAIT_MS = 2_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answered {
  readonly status: number;
  /** The media type alone, in lower case. */
  readonly type: string;
  readonly headers: Headers;
  readonly text: string;
}

/** Nobody knows: the network, a time-out, 429, 5xx. */
export interface Unknown {
  readonly status: 'unknown';
  /** What the server asked to wait before the next question, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  readonly fault: LicensingFault;
}

export interface Asking {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** Asks once, and up to twice again where nobody knows the answer. Throws for nothing that a network or a server does. */
export async function ask(request: Request, asking: Asking): Promise<Answered | Unknown> {
  for (let tries = 0; ; tries += 1) {
    const answer = await askOnce(request, asking);
    if (answer.status !== 'unknown' || tries === RETRIES || asking.signal.aborted) return answer;
    const { retryAfterMs = 0 } = answer;
    if (retryAfterMs > LONGEST_WAIT_MS) return answer;
    const jittered = FIRST_WAIT_MS * 3 ** tries * (0.5 + Math.random() / 2);
    await new Promise((resolve) => setTimeout(resolve, Math.max(retryAfterMs, jittered)));
  }
}

async function askOnce({ url, ...init }: Request, asking: Asking): Promise<Answered | Unknown> {
  const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(TRY_MS)]);
  const place = `${init.method} ${url.origin}${url.pathname}`;
  try {
    // A redirect is no answer of ours: hotels and offices send their log-in page so.
    const rest = { redirect: 'error', credentials: 'omit', cache: 'no-store' } as const;
    const { fetch } = asking;
    const response = await fetch(url, { ...init, ...rest, signal });
    const text = await response.text();
    const { status, headers } = response;
    if (status !== 429 && status < 500) {
      const type = (headers.get('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
      return { status, type, headers, text };
    }
    const fault = new LicensingFault('unreachable', `${place} answered ${status}`);
    return { status: 'unknown', retryAfterMs: retryAfter(headers), fault };
  } catch (error) {
    const fault = new LicensingFault('unreachable', `${place} gave no answer`, error);
    return { status: 'unknown', retryAfterMs: undefined, fault };
  }
}

/** In seconds, as this API sends it; proxies may send a date, which our clock need not agree with. */
function retryAfter(headers: Headers): number | undefined {
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
