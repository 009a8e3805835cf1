import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import { askTimed } from '../chaos/client.ts';
import type { Customer, Place } from './customer.ts';
import { leaseUntil } from './model.ts';

const PATIENCE_MS = 10_000;

/** Leases are given out and kept: each must hold until its end, whatever keys were rotated meanwhile, and not longer. */
export class Leases {
  readonly #place: Place;
  readonly #kept: { readonly jwt: string; readonly exp: number }[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  async take(customer: Customer): Promise<void> {
    const { record, random } = this.#place;
    const its = customer.subscription;
    const active = customer.machines.filter((machine) => machine.active);
    if (!its || active.length === 0) return;
    const { clientId, activationKey } = random.pick(active);
    const text = await this.#lease(clientId, activationKey, customer.atLeast);
    if (text === undefined) return;
    const payload = JSON.parse(Buffer.from(text.split('.')[1] as string, 'base64url').toString());
    const asOf = Date.parse(payload.license.as_of);
    const until = leaseUntil(its, this.#place.now(), asOf);
    record.count('leases');
    // Between the question and this moment the subscription may have passed into or out of a period.
    const right = [until, leaseUntil(its, asOf, asOf)];
    if (customer.subscription === its && !right.some((one) => Math.abs(payload.exp * 1_000 - one) <= 1_000))
      record.note(
        `a lease ends at ${iso(payload.exp * 1_000)}, expected ${right.map(iso).join(' or ')}: ${JSON.stringify({ payload, its })}`,
      );
    this.#kept.push({ jwt: text, exp: payload.exp * 1_000 });
    if (this.#kept.length > 500) this.#kept.shift();
  }

  /** Undefined where the answer is no lease, or none came. */
  async #lease(
    clientId: string,
    activationKey: string,
    atLeast: Readonly<Record<string, string>>,
  ): Promise<string | undefined> {
    const headers = { ...atLeast, Accept: 'application/jwt', Authorization: `Bearer ${activationKey}` };
    try {
      const url = `${this.#place.url}/v1/licenses/validate?client_id=${clientId}`;
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
      const text = await response.text();
      return response.headers.get('content-type')?.startsWith('application/jwt') ? text : undefined;
    } catch (error) {
      if (!(error instanceof TypeError) && (error as Error).name !== 'TimeoutError') throw error;
      this.#place.record.count('unanswered: a lease');
      return undefined;
    }
  }

  /** As a client does that is offline: with the keys that are published now. */
  async check(): Promise<void> {
    const { url, now, random, record } = this.#place;
    if (this.#kept.length === 0) return;
    const { body, answer } = await askTimed(url, '/.well-known/jwks.json');
    if (answer?.status !== 200) return record.count('unanswered: the published keys');
    const keys = createLocalJWKSet(body as unknown as JSONWebKeySet);
    const { jwt, exp } = random.pick(this.#kept);
    const at = now();
    const verdict = await jwtVerify(jwt, keys, { currentDate: new Date(at) }).then(
      () => 'holds',
      (error: unknown) => {
        if (error instanceof errors.JWTExpired) return 'expired';
        return `can't be verified (${(error as Error).message})`;
      },
    );
    const right = at < exp ? 'holds' : 'expired';
    record.count(`leases checked: ${verdict}`);
    if (verdict !== right && Math.abs(at - exp) > 1_000)
      record.note(`at ${iso(at)} a lease until ${iso(exp)} ${verdict}, expected: ${right}`);
  }
}

const iso = (at: number): string => new Date(at).toISOString();
