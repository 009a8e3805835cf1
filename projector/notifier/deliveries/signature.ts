import { createHmac } from 'node:crypto';

/** What is signed: https://www.standardwebhooks.com, version 1.0.0. */
export interface Signed {
  /** The event's id: the same at each attempt. */
  readonly id: string;
  /** When this attempt is made, in milliseconds since 1970. */
  readonly at: number;
  readonly body: string;
}

/**
 * The headers by which an endpoint tells that a delivery comes from here and is not an old one: one signature for each
 * secret that is good now.
 */
export function signatureHeaders({ id, at, body }: Signed, secrets: readonly Buffer[]) {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = secrets.map((secret) => {
    const mac = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
    return `v1,${mac}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
