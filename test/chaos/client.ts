import { type ApiRequest, ask } from '../support/requests/api.ts';
import type { Answer } from './history.ts';

/** A request's answer, and when it was sent and answered, on the clock of this process. */
export interface Timed {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly answer: Answer | undefined;
  readonly body: Record<string, unknown>;
}

/** Clients give up after this; what they asked for may still happen. */
const PATIENCE_MS = 10_000;

/** The number that orders positions; in the log one commit is one event or a few. */
export const positionOf = (text: string): number => Number(text.split('/')[0]);

/** Asks once, as a client that gives up in time. A broken connection is no answer. */
export async function askTimed(url: string, resource: string, request: ApiRequest = {}): Promise<Timed> {
  const sentAt = performance.now();
  try {
    const { status, headers, body } = await ask(url, resource, { ...request, timeoutMs: PATIENCE_MS });
    const position = headers.get('Event-Position');
    const age = headers.get('Age');
    return {
      sentAt,
      answeredAt: performance.now(),
      body,
      answer: {
        status,
        code: typeof body.code === 'string' ? body.code : undefined,
        position: position === null ? undefined : positionOf(position),
        licenseId: typeof body.license_id === 'string' ? body.license_id : undefined,
        license: typeof body.status === 'string' ? body.status : undefined,
        asOf: typeof body.as_of === 'string' ? body.as_of : undefined,
        age: age === null ? undefined : Number(age),
      },
    };
  } catch (error) {
    // What fetch throws where a connection breaks, is refused, or is given up.
    if (!(error instanceof TypeError) && (error as Error).name !== 'TimeoutError') throw error;
    return { sentAt, answeredAt: performance.now(), answer: undefined, body: {} };
  }
}

/** Asks a second time where the connection breaks, as HTTP libraries do with what changes nothing. */
export async function askAgainIfCut(...request: Parameters<typeof askTimed>): Promise<Timed> {
  const first = await askTimed(...request);
  const wasCut = first.answer === undefined && first.answeredAt - first.sentAt < PATIENCE_MS;
  return wasCut ? { ...(await askTimed(...request)), sentAt: first.sentAt } : first;
}

/** Whether the request may have had an effect that its answer does not tell of. */
export const isUnknown = ({ answer }: Timed): boolean => answer === undefined || answer.status >= 500;
