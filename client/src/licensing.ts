import type { JSONWebKeySet } from 'jose';
import type { ActivateOptions, Activation, Deactivation } from './activation.ts';
import type { Answer, Question } from './answer.ts';
import type { FaultListener } from './fault.ts';
import type { Store } from './store.ts';

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
  /** What went wrong beside the answer. Default: a warning on the console, but none for a network that can't be reached. */
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
  /** Gives this client's place back. @throws what the store throws when it is read */
  deactivate(): Promise<Deactivation>;
  /**
   * Hears the first answer and every change of it. As long as somebody listens, the server is asked again when an answer is no
   * longer fresh; else only at half of the lease's life. @returns ends it
   */
  onChange(listener: (answer: Answer) => void): () => void;
  /** Ends everything that is under way. */
  close(): void;
}
