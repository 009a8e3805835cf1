import { type Api, createApi, type Outcome } from '../../parts/api/api.ts';
import type { Call } from '../../parts/api/call.ts';
import type { Problem } from '../../parts/api/problem.ts';
import { withMail } from './with-mail.ts';
import { worded } from './worded.ts';

/** Who is signed in, in this tab. */
export interface Identity {
  readonly email: string;
  readonly token: string;
}

interface SignedIn {
  readonly access_token: string;
}

const KEY = 'account-session';
const OVER = new Set(['token_required', 'token_invalid', 'token_expired', 'token_ended']);
/** After these it is not known whether a command was carried out. */
const UNKNOWN = new Set(['no_answer', 'append_outcome_unknown']);

const newKey = (): string => crypto.getRandomValues(new BigUint64Array(2)).join('-');

/**
 * The customer's session: the access token, which lives for 15 minutes, in this tab alone (a reload keeps it, closing the tab
 * ends it). A call that meets its end waits until the password was given again, and is then made once more: nothing that was
 * typed meanwhile is lost.
 */
export class Session {
  readonly #storage: Storage;
  readonly #listeners = new Set<() => void>();
  readonly #anyone: Api = createApi({ credentials: () => ({}) });
  readonly #mine: Api = createApi({
    credentials: () => ({ Authorization: `Bearer ${this.#identity?.token ?? ''}` }),
  });
  #identity: Identity | undefined;
  #asking: PromiseWithResolvers<boolean> | undefined;
  /** What queries must have reached to show what was done here. */
  #position: string | undefined;
  /** The keys of commands whose outcome is unknown: pressing the button again must not do them twice. */
  readonly #unsettled = new Map<string, string>();

  constructor(storage: Storage) {
    this.#storage = storage;
    const stored = storage.getItem(KEY);
    if (stored !== null) this.#identity = JSON.parse(stored) as Identity;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Whether a call waits for the password. */
  get isAsking(): boolean {
    return this.#asking !== undefined;
  }

  /** @returns how to stop listening */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async signIn(email: string, password: string): Promise<Problem | undefined> {
    const call: Call = { method: 'POST', path: '/v1/login', body: { email, password } };
    return this.#enter(email, await this.#anyone<SignedIn>(call));
  }

  /** With a mail to confirm the address by. */
  async signUp(email: string, password: string): Promise<Problem | undefined> {
    const outcome = await withMail((mail) =>
      this.anyone<SignedIn>('/v1/signup', { email, password, ...mail }),
    );
    return this.#enter(email, outcome);
  }

  /** The new address gets a mail to confirm it by; the token stays good. */
  async changeEmail(email: string, password: string): Promise<Problem | undefined> {
    const outcome = await withMail((mail) => this.command('/v1/me/email', { email, password, ...mail }));
    if (!outcome.ok) return outcome.problem;
    if (this.#identity) this.#settle({ ...this.#identity, email });
    this.#tell();
    return undefined;
  }

  /** Forgets the token here whatever the server answers; it ends by itself. */
  async signOut(): Promise<void> {
    const ended = this.#mine({ method: 'POST', path: '/v1/logout' });
    this.forget();
    await ended;
  }

  /** As signing out, without telling the server: the token has ended there already. */
  forget(): void {
    this.#position = undefined;
    this.#settle(undefined);
    this.#asking?.resolve(false);
    this.#asking = undefined;
    this.#tell();
  }

  /** What nobody need be signed in for. */
  anyone<T>(path: string, body: unknown): Promise<Outcome<T>> {
    return this.#once({ method: 'POST', path, body }, (call) => this.#anyone<T>(call));
  }

  query<T>(path: string): Promise<Outcome<T>> {
    return this.#lasting(() => this.#mine<T>({ method: 'GET', path, minPosition: this.#position }));
  }

  async command<T>(path: string, body?: unknown, method: 'POST' | 'DELETE' = 'POST'): Promise<Outcome<T>> {
    const outcome = await this.#once({ method, path, body }, (call) =>
      this.#lasting(() => this.#mine<T>(call)),
    );
    if (outcome.ok && outcome.position !== undefined) this.#position = outcome.position;
    return outcome;
  }

  async #once<T>(call: Call, make: (call: Call) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const name = JSON.stringify(call);
    const idempotencyKey = this.#unsettled.get(name) ?? newKey();
    this.#unsettled.set(name, idempotencyKey);
    const outcome = await make({ ...call, idempotencyKey });
    if (outcome.ok || !UNKNOWN.has(outcome.problem.code)) this.#unsettled.delete(name);
    return outcome.ok ? outcome : { ...outcome, problem: worded(outcome.problem) };
  }

  async #lasting<T>(make: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    for (;;) {
      const token = this.#identity?.token;
      const outcome = await make();
      if (outcome.ok || !OVER.has(outcome.problem.code)) return outcome;
      // Another call may have been given the password while this one was under way.
      if (token === this.#identity?.token && !(await this.#askAgain())) return outcome;
    }
  }

  /** @returns whether there is a new token */
  #askAgain(): Promise<boolean> {
    if (!this.#identity) return Promise.resolve(false);
    this.#asking ??= Promise.withResolvers<boolean>();
    this.#tell();
    return this.#asking.promise;
  }

  #enter(email: string, outcome: Outcome<SignedIn>): Problem | undefined {
    if (!outcome.ok) return outcome.problem;
    if (outcome.position !== undefined) this.#position = outcome.position;
    this.#settle({ email, token: outcome.body.access_token });
    this.#asking?.resolve(true);
    this.#asking = undefined;
    this.#tell();
    return undefined;
  }

  #settle(identity: Identity | undefined): void {
    this.#identity = identity;
    if (identity) this.#storage.setItem(KEY, JSON.stringify(identity));
    else this.#storage.removeItem(KEY);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
