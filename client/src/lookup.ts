import type { JSONWebKeySet } from 'jose';
import type { Answer, Code, License, Question, Source } from './answer.ts';
import { type FaultListener, LicensingFault } from './fault.ts';
import { type Holder, judgeQuestion, judgeTime, type Lease, madeAt, verifyLease } from './lease.ts';
import type { Server } from './server.ts';
import type { Keeper, State } from './state.ts';

/** What the program may do, whatever it asks for in detail. */
export type Outcome =
  | { readonly kind: 'lease'; readonly lease: Lease }
  | { readonly kind: 'refused'; readonly code: Code; readonly license: License | null };

/** An outcome, and for how long it need not be looked for again. Milliseconds of the program's clock. */
export interface Known {
  readonly outcome: Outcome;
  readonly source: Source;
  readonly from: number;
  readonly until: number;
}

/** How long an answer of the stored lease stands before the server is asked again, unless the server said when. */
export const OFFLINE_MS = 30_000;
/** A `Retry-After` beyond this is a proxy's mistake. */
const LONGEST_RETRY_AFTER_MS = 15 * 60_000;

/** A span ± 20 %, so that programs which started together don't ask together for ever. */
export const spread = (span: number): number => span * (0.8 + Math.random() * 0.4);

const refused = (code: Code, license: License | null = null): Outcome => ({ kind: 'refused', code, license });

export function answerOf({ outcome }: Known, source: Source, question: Question): Answer {
  if (outcome.kind === 'refused')
    return { allowed: false, code: outcome.code, source, until: null, license: outcome.license };
  const { license, expiresAt } = outcome.lease;
  const code = judgeQuestion(license, question);
  const allowed = code === license.code;
  return { allowed, code, source, until: allowed ? new Date(expiresAt).toISOString() : null, license };
}

export interface LookupOptions {
  readonly server: Server;
  readonly keeper: Keeper;
  readonly product: string;
  readonly issuer: string;
  /** The only keys that count; undefined to take the server's. */
  readonly pinned: JSONWebKeySet | undefined;
  /** For how long an answer of the server stands, in milliseconds. */
  readonly freshMs: number;
  readonly clock: () => number;
  readonly onFault: FaultListener;
}

/** Asks the server, and where it gives no answer the stored lease. */
export class Lookup {
  readonly #options: LookupOptions;

  constructor(options: LookupOptions) {
    this.#options = options;
  }

  /**
   * @param position of an activation that the answer must know of
   * @throws what the store throws when it is read
   */
  async look(position?: string): Promise<Known> {
    const { server, keeper, onFault } = this.#options;
    const state = await keeper.load();
    const { activationKey, clientId } = state;
    if (activationKey === undefined) return this.#known(refused('not_activated'), 'memory', 0);
    const nonce = crypto.randomUUID();
    const validation = await server.validate({ activationKey, clientId, nonce, position });
    if (validation.kind === 'lease') {
      const known = await this.#takeLease(validation.token, nonce, state);
      return known ?? this.#fromStore(state, 'lease_invalid');
    }
    if (validation.kind === 'invalid') {
      const { license } = validation;
      await keeper.note(state, { lease: undefined });
      return this.#known(refused(license.code, license), 'server', this.#options.freshMs);
    }
    onFault(validation.fault);
    return this.#fromStore(state, 'unreachable', validation.retryAfterMs);
  }

  /**
   * A lease that answers our own nonce was made just now, whatever the clock here says: its time is the time, and
   * settles a clock that was set back. Undefined if it does not verify.
   */
  async #takeLease(token: string, nonce: string, state: State): Promise<Known | undefined> {
    const { keeper, onFault, freshMs, pinned, server } = this.#options;
    let keys = pinned ?? state.keys;
    let verified = await verifyLease(token, this.#holder(state, keys), nonce);
    if (!verified.ok && verified.unknownKey && !pinned) {
      keys = (await server.keys()) ?? keys;
      verified = await verifyLease(token, this.#holder(state, keys), nonce);
    }
    if (!verified.ok) {
      const key = verified.unknownKey ? ': it is signed with a key that is not known' : '';
      onFault(
        new LicensingFault('unexpected', `the server's lease does not verify (${verified.code})${key}`),
      );
      return undefined;
    }
    const { lease } = verified;
    await keeper.note(state, { lease: token, keys: pinned ? state.keys : keys, mark: madeAt(lease) });
    const halfLife = (lease.expiresAt - madeAt(lease)) / 2;
    return this.#known({ kind: 'lease', lease }, 'server', Math.min(freshMs, halfLife));
  }

  /** @param otherwise the code where there is no lease */
  async #fromStore(state: State, otherwise: Code, retryAfterMs?: number): Promise<Known> {
    const now = this.#options.clock();
    if (now > state.mark) await this.#options.keeper.note(state, { mark: now });
    const outcome =
      state.lease === undefined ? refused(otherwise) : await this.#judgeStored(state.lease, state, now);
    const asked = retryAfterMs && Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
    // Who is locked out may try again at once: they may have gone online for it.
    if (outcome.kind === 'refused') return this.#known(outcome, 'lease', asked ?? 0);
    const known = this.#known(outcome, 'lease', asked ?? spread(OFFLINE_MS));
    return { ...known, until: Math.min(known.until, outcome.lease.expiresAt) };
  }

  async #judgeStored(token: string, state: State, now: number): Promise<Outcome> {
    const keys = this.#options.pinned ?? state.keys;
    const verified = await verifyLease(token, this.#holder(state, keys));
    if (!verified.ok) {
      const message = `the stored lease does not verify (${verified.code})`;
      this.#options.onFault(new LicensingFault('unexpected', message, verified.cause));
      return refused(verified.code);
    }
    const { lease } = verified;
    const fault = judgeTime(lease, now, state.mark);
    return fault ? refused(fault, lease.license) : { kind: 'lease', lease };
  }

  #holder({ clientId }: State, keys: JSONWebKeySet): Holder {
    const { issuer, product } = this.#options;
    return { keys, issuer, product, clientId };
  }

  #known(outcome: Outcome, source: Source, forMs: number): Known {
    const from = this.#options.clock();
    return { outcome, source, from, until: from + forMs };
  }
}
