import {
  type ActivateOptions,
  type Activation,
  credentialOf,
  type Deactivation,
  NO_CREDENTIAL,
  refusalOf,
} from './activation.ts';
import type { Answer, Question, Source } from './answer.ts';
import { type FaultListener, LicensingFault } from './fault.ts';
import { type Lease, madeAt } from './lease.ts';
import type { Licensing, LicensingOptions } from './licensing.ts';
import { answerOf, type Known, Lookup, OFFLINE_MS, spread } from './lookup.ts';
import { Server } from './server.ts';
import { Keeper } from './state.ts';
import { Watch } from './watch.ts';

const warn: FaultListener = (fault) => {
  if (fault.code !== 'unreachable') console.warn(`Licensing: ${fault.message}`, fault.cause ?? '');
};

/** @throws TypeError the address is none, or would send keys in plain text over a network */
export function createLicensing(options: LicensingOptions): Licensing {
  return new Client(options);
}

class Client implements Licensing {
  readonly #clock: () => number;
  readonly #onFault: FaultListener;
  readonly #closed = new AbortController();
  readonly #server: Server;
  readonly #keeper: Keeper;
  readonly #lookup: Lookup;
  readonly #watch: Watch;
  readonly #listeners = new Set<(answer: Answer) => void>();
  #known: Known | undefined;
  /** When the client asks by itself: while somebody listens, and while nobody does. */
  #due: { readonly listening: number; readonly alone: number | undefined } | undefined;
  #told: string | undefined;
  #looking: Promise<Found> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LicensingOptions) {
    const { product, keys: pinned, issuer = 'license-system', freshFor = 300, appVersion } = options;
    this.#clock = options.clock ?? Date.now;
    this.#onFault = options.onFault ?? warn;
    // Called as a plain function: a browser's fetch takes no other `this`.
    const asking = { fetch: options.fetch ?? ((...args) => fetch(...args)), signal: this.#closed.signal };
    this.#server = new Server({ url: options.url, product, appVersion, asking });
    this.#keeper = new Keeper(options.store, options.clientId, this.#onFault);
    const shared = { clock: this.#clock, onFault: this.#onFault };
    const freshMs = freshFor * 1_000;
    this.#lookup = new Lookup({
      ...shared,
      server: this.#server,
      keeper: this.#keeper,
      product,
      issuer,
      pinned,
      freshMs,
    });
    this.#watch = new Watch({ ...shared, dueAt: () => this.#dueAt(), run: () => this.#renew() });
  }

  async check(question: Question = {}): Promise<Answer> {
    const remembered = this.#remembered();
    if (remembered) return answerOf(remembered, 'memory', question);
    this.#looking ??= this.#inTurn(() => this.#look()).finally(() => {
      this.#looking = undefined;
    });
    const { known, source } = await this.#looking;
    return answerOf(known, source, question);
  }

  activate(typed: string, { clientName, replaces }: ActivateOptions = {}): Promise<Activation> {
    return this.#inTurn(async () => {
      const credential = credentialOf(typed);
      if (credential === undefined) return { activated: false, ...NO_CREDENTIAL };
      const state = await this.#keeper.load();
      // Kept before it is used: whoever tries again after a crash is the same client.
      await this.#keeper.save(state);
      const { clientId } = state;
      const body = { client_id: clientId, client_name: clientName, replaces };
      const commanded = await this.#server.activate(credential, body);
      if (commanded.kind === 'unknown') this.#onFault(commanded.fault);
      if (commanded.kind !== 'done') return { activated: false, ...refusalOf(commanded) };
      const { activationKey } = commanded;
      await this.#keeper.save({ ...(await this.#keeper.load()), clientId, activationKey, lease: undefined });
      const known = this.#remember(await this.#lookup.look(commanded.position));
      return { activated: true, answer: answerOf(known, known.source, {}) };
    });
  }

  deactivate(): Promise<Deactivation> {
    return this.#inTurn(async () => {
      const state = await this.#keeper.load();
      if (state.activationKey !== undefined) {
        const commanded = await this.#server.deactivate(state.clientId, state.activationKey);
        if (commanded.kind === 'unknown') this.#onFault(commanded.fault);
        const gone = commanded.kind === 'refused' && commanded.problem.code === 'not_found';
        if (commanded.kind !== 'done' && !gone) return { deactivated: false, ...refusalOf(commanded) };
        await this.#keeper.note(state, { activationKey: undefined, lease: undefined });
      }
      this.#remember(await this.#lookup.look());
      return { deactivated: true };
    });
  }

  onChange(listener: (answer: Answer) => void): () => void {
    this.#listeners.add(listener);
    this.#watch.arm();
    return () => {
      this.#listeners.delete(listener);
      this.#watch.arm();
    };
  }

  close(): void {
    this.#watch.close();
    this.#closed.abort();
  }

  /** One after another: an answer that was asked for before an activation must not overwrite what that has stored. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    // Whoever asked hears of the failure; the next one's turn comes all the same.
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #look(): Promise<Found> {
    const remembered = this.#remembered();
    if (remembered) return { known: remembered, source: 'memory' };
    const known = this.#remember(await this.#lookup.look());
    return { known, source: known.source };
  }

  #remembered(): Known | undefined {
    const now = this.#clock();
    return this.#known && now >= this.#known.from && now < this.#known.until ? this.#known : undefined;
  }

  #remember(known: Known): Known {
    this.#known = known;
    const { outcome, source, from, until } = known;
    // A server that gives no answer is left alone for a while, however often the person may ask.
    const listening = source === 'lease' ? Math.max(until, from + spread(OFFLINE_MS)) : until;
    const alone = outcome.kind === 'lease' ? Math.max(listening, renewalOf(outcome.lease)) : undefined;
    this.#due = { listening, alone };
    this.#tell(answerOf(known, source, {}));
    this.#watch.arm();
    return known;
  }

  #tell(answer: Answer): void {
    const { allowed, code, license } = answer;
    const said = JSON.stringify({ allowed, code, license: license && { ...license, as_of: null } });
    if (said === this.#told) return;
    this.#told = said;
    // What a listener throws is its program's, and no reason to withhold an answer.
    for (const listener of this.#listeners) queueMicrotask(() => listener(answer));
  }

  #dueAt(): number | undefined {
    return this.#listeners.size > 0 ? this.#due?.listening : this.#due?.alone;
  }

  async #renew(): Promise<void> {
    try {
      await this.check();
    } catch (error) {
      this.#onFault(new LicensingFault('store', 'the store could not be read', error));
    }
  }
}

/** Half of a lease's life, give or take a fifth. */
const renewalOf = (lease: Lease): number => madeAt(lease) + spread((lease.expiresAt - madeAt(lease)) / 2);

interface Found {
  readonly known: Known;
  readonly source: Source;
}
