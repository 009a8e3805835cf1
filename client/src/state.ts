import type { JSONWebKeySet } from 'jose';
import { type FaultListener, LicensingFault } from './fault.ts';
import type { Store } from './store.ts';

/** What is kept between two starts of the program. */
export interface State {
  readonly clientId: string;
  readonly activationKey: string | undefined;
  /** The latest, as it was signed. */
  readonly lease: string | undefined;
  /** The server's public keys, where none are pinned. */
  readonly keys: JSONWebKeySet;
  /** The latest time that was seen, in milliseconds since 1970. */
  readonly mark: number;
}

const FORMAT = 1;
const NO_KEYS: JSONWebKeySet = { keys: [] };

/** Reads and writes the state. The store is read each time: another process of the program may have activated meanwhile. */
export class Keeper {
  readonly #store: Store;
  readonly #ownId: string | undefined;
  readonly #onFault: FaultListener;

  constructor(store: Store, ownId: string | undefined, onFault: FaultListener) {
    this.#store = store;
    this.#ownId = ownId;
    this.#onFault = onFault;
  }

  /** @throws what the store throws: a client that can't read its own id must not make up another one */
  async load(): Promise<State> {
    const stored = parsed(await this.#store.read(), this.#onFault);
    return {
      clientId: this.#ownId ?? stored.clientId ?? crypto.randomUUID(),
      activationKey: stored.activationKey,
      lease: stored.lease,
      keys: stored.keys ?? NO_KEYS,
      mark: stored.mark ?? 0,
    };
  }

  /** @throws what the store throws */
  async save(state: State): Promise<void> {
    await this.#store.write(JSON.stringify({ format: FORMAT, ...state }));
  }

  /**
   * Writes down what an answer says, unless another process has activated since the question: that knows better. What could
   * not be written is a fault, not an answer: the next check writes it again.
   */
  async note(asked: State, said: Partial<State>): Promise<void> {
    try {
      const state = await this.load();
      if (state.activationKey === asked.activationKey) await this.save({ ...state, ...said });
    } catch (error) {
      this.#onFault(new LicensingFault('store', 'the store could not be written', error));
    }
  }
}

/** A text that is damaged, or of a later release, is as good as none: activating writes it again. */
function parsed(text: string | undefined, onFault: FaultListener): Partial<State> {
  if (text === undefined) return {};
  try {
    const { format, ...state } = JSON.parse(text) as Partial<State> & { readonly format: unknown };
    if (format === FORMAT) return state;
    onFault(new LicensingFault('store', `the store is in format ${format}; this release knows ${FORMAT}`));
  } catch (error) {
    onFault(new LicensingFault('store', 'the store holds no state of this client', error));
  }
  return {};
}
