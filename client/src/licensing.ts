import type { JSONWebKeySet } from 'jose';
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
import { madeAt } from './lease.ts';
import { answerOf, type Known, Lookup, spread } from './lookup.ts';
import { Server } from './server.ts';
import { Keeper } from './state.ts';
import type { Store } from './store.ts';
import { Watch } from './watch.ts';

export interface LicensingOptions {
  /** Where the License System is, such as `https://licenses.example.com`. */
  readonly url: string;
  /** The product's name in the seller's catalogue. */
  readonly product: string;
  readonly store: Store;
  /** This installation's id, nothing that names a person. Default: a random one, kept in the store. */
  readonly clientId?: string;
  /** The only public keys that leases may be signed with. Default: those of the server, kept in the store. */
  readonly keys?: JSONWebKeySet;
  /** What the server calls itself (its setting `TOKEN_ISSUER`). Default `license-system`. */
  readonly issuer?: string;
  /** For how many seconds an answer of the server stands before it is asked again. Default 300. */
  readonly freshFor?: number;
  /** The program's version, for the seller to see who uses an old one. */
  readonly appVersion?: string;
  /** What went wrong beside the answer. Default: a warning on the console, but none for a network that is away. */
  readonly onFault?: FaultListener;
  /** Default the platform's; Electron's `net.fetch` goes by the system's proxies. */
  readonly fetch?: typeof fetch;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
}

export interface Licensing {
  /**
   * Makes this installation a licensed client. A refusal is a value, with what the server said.
   * @param credential what the person typed in as license key, or an access token of theirs
   * @throws what the store throws
   */
  activate(credential: string, options?: ActivateOptions): Promise<Activation>;
  /**
   * Whether the program may run: from memory, from the server (which may take some seconds), from the stored lease.
   * Throws for nothing that a network or a server does. @throws what the store throws when it is read
   */
  check(question?: Question): Promise<Answer>;
  /** Gives this client's place back. @throws what the store throws */
  deactivate(): Promise<Deactivation>;
  /**
   * Hears the first answer and every change of it. As long as somebody listens, the server is asked again when an answer is no
   * longer fresh; else only at half of the lease's life. @returns ends it
   */
  onChange(listener: (answer: Answer) => void): () => void;
  /** Ends everything that is under way. */
  close(): void;
}

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
  /** When a lease is renewed that nobody asks about. */
  #renewAt: number | undefined;
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
      const body = { client_id: state.clientId, client_name: clientName, replaces };
      const commanded = await this.#server.activate(credential, body);
      if (commanded.kind === 'unknown') this.#onFault(commanded.fault);
      if (commanded.kind !== 'done') return { activated: false, ...refusalOf(commanded) };
      const { activation_key: activationKey } = commanded.body as { readonly activation_key: string };
      await this.#keeper.save({ ...state, activationKey, lease: undefined });
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
        const gone = commanded.kind === 'refused' && commanded.problem.status === 404;
        if (commanded.kind !== 'done' && !gone) return { deactivated: false, ...refusalOf(commanded) };
        await this.#keeper.save({ ...state, activationKey: undefined, lease: undefined });
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
    this.#renewAt =
      known.outcome.kind === 'lease'
        ? madeAt(known.outcome.lease) +
          spread((known.outcome.lease.expiresAt - madeAt(known.outcome.lease)) / 2)
        : undefined;
    this.#tell(answerOf(known, known.source, {}));
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
    if (this.#known === undefined) return undefined;
    const { until } = this.#known;
    if (this.#listeners.size > 0) return until;
    return this.#renewAt === undefined ? undefined : Math.max(until, this.#renewAt);
  }

  async #renew(): Promise<void> {
    try {
      await this.check();
    } catch (error) {
      this.#onFault(new LicensingFault('store', 'the store could not be read', error));
    }
  }
}

interface Found {
  readonly known: Known;
  readonly source: Source;
}
