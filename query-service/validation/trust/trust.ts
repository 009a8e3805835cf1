import { comparePositions, type Position, START } from '../../../shared/events/position.ts';
import { HeardLanes } from './heard-lanes.ts';

/** What tells one state of the read model from another. */
export interface Fingerprint {
  /** The checkpoint of each lane that is followed. */
  readonly lanes: ReadonlyMap<string, Position>;
  /** What changes rows without moving a checkpoint: another build, the number of parked events. */
  readonly state: string;
}

export interface TrustOptions {
  /** Asks PostgreSQL. @throws it can't be asked */
  readonly readFingerprint: () => Promise<Fingerprint>;
  /** Asks Redis how far the projectors have written each of these lanes. @throws it can't be asked */
  readonly readCacheCheckpoints: (lanes: readonly string[]) => Promise<ReadonlyMap<string, Position>>;
  /** A clock that is never set: milliseconds from anywhere. */
  readonly monotonic: () => number;
  readonly onDistrust?: (cause: Distrust) => void;
  /** PostgreSQL or Redis could not be asked. */
  readonly onUnasked?: (error: unknown) => void;
}

export type Distrust = 'start' | 'gap' | 'reconnect' | 'silence' | 'changed' | 'unasked' | 'floors';

/** With many lanes notices come every few milliseconds, and while one of them lags Redis is not level for long. */
const ASK_AGAIN_MS = 50;

/** Where the lanes stand that are not heard, and what else notices would tell. */
interface Unheard {
  readonly lanes: ReadonlyMap<string, Position>;
  readonly state: string;
}

const same = (a: Unheard, b: Unheard): boolean =>
  a.state === b.state &&
  a.lanes.size === b.lanes.size &&
  a.lanes.entries().every(([lane, position]) => {
    const other = b.lanes.get(lane);
    return other !== undefined && comparePositions(position, other) === 0;
  });

/**
 * Knows whether this node may believe what it remembers, and what Redis says.
 *
 * Memory is believed by epochs: to distrust is to count one up, and costs nothing however much is remembered. A view
 * that was read in an earlier epoch is used again only after PostgreSQL was asked for it.
 *
 * Redis is believed once every lane was seen, in this epoch, to be written there at least as far as in PostgreSQL.
 *
 * While notices of any lane are missing, PostgreSQL is asked each second whether anything changed there. If not, what
 * was read since the last such question stays good; so a projector that is down costs one small query a second, and not
 * the memory. The answer also says which lanes there are: a change of feed needs nothing else.
 */
export class Trust {
  readonly #options: TrustOptions;
  readonly #lanes = new HeardLanes();
  #epoch = 0;
  #silent = true;
  #cacheEpoch = -1;
  /** Lanes that Redis was seen to be level in, in this epoch: notices tell what changed in them since. */
  #level = new Set<string>();
  #unheard: Unheard | undefined;
  #asked = { epoch: -1, at: 0 };
  #asking: Promise<void> | undefined;

  constructor(options: TrustOptions) {
    this.#options = options;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get cacheTrusted(): boolean {
    return this.#cacheEpoch === this.#epoch;
  }

  /** Whether notices are missing. */
  get silent(): boolean {
    return this.#silent;
  }

  distrust(cause: Distrust): void {
    this.#epoch += 1;
    this.#unheard = undefined;
    this.#level = new Set();
    this.#options.onDistrust?.(cause);
  }

  /** The connection that brings the notices broke or came back: some may have been lost in between. */
  disconnected(): void {
    this.#lanes.reset();
    this.#silent = true;
    this.distrust('reconnect');
  }

  /** A notice of a lane's batch from `before` to `after`. To be told before its floors are set. */
  heard(lane: string, before: Position, after: Position): void {
    const hearing = this.#lanes.hear(lane, before, after, this.#options.monotonic());
    if (hearing !== 'missed') return;
    this.distrust('gap');
    this.#silent = !this.#lanes.complete;
  }

  /** To be called about each second. Resolves when what had to be asked was answered or could not be. */
  async tick(): Promise<void> {
    if (this.#lanes.dropSilent(this.#options.monotonic())) {
      this.#silent = true;
      this.distrust('silence');
    }
    if (this.#silent || !this.cacheTrusted) await this.ask();
  }

  /** After each notice: Redis may be as far as PostgreSQL by now. Not asked anew at once if it was not a moment ago. */
  noticed(): void {
    if (this.cacheTrusted) return;
    const now = this.#options.monotonic();
    if (this.#asked.epoch === this.#epoch && now - this.#asked.at < ASK_AGAIN_MS) return;
    void this.ask();
  }

  /** Asks PostgreSQL and Redis how far they are; joins a question under way. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<void> {
    const { epoch } = this;
    this.#asked = { epoch, at: this.#options.monotonic() };
    const unknown = this.#lanes.unknown;
    let now: Fingerprint;
    try {
      now = await this.#options.readFingerprint();
    } catch (error) {
      this.#options.onUnasked?.(error);
      // Nobody can say that nothing changed since: what is remembered is old knowledge from here on.
      if (this.#silent) this.distrust('unasked');
      return;
    }
    const changed = this.#lanes.follow(new Set(now.lanes.keys()), unknown);
    this.#silent = !this.#lanes.complete;
    if (epoch !== this.#epoch) return;
    if (this.#silent) this.#compare(now);
    // What a lane did last, that is followed no longer, may not have been told.
    else if (changed) this.distrust('changed');
    await this.#askCache(now.lanes);
  }

  /** Of lanes that are heard, notices tell; what the others did is seen from where they stand. */
  #compare({ lanes, state }: Fingerprint): void {
    const now = { lanes: new Map(lanes.entries().filter(([lane]) => !this.#lanes.hears(lane))), state };
    // What was read before the first answer may be older than it, so that also begins an epoch.
    if (!this.#unheard || !same(this.#unheard, now)) this.distrust('changed');
    this.#unheard = now;
  }

  async #askCache(lanes: Fingerprint['lanes']): Promise<void> {
    const epoch = this.#epoch;
    const wanted = [...lanes.keys()].filter((lane) => !this.#level.has(lane) || !this.#lanes.hears(lane));
    try {
      const written = await this.#options.readCacheCheckpoints(wanted);
      if (epoch !== this.#epoch) return;
      for (const [lane, position] of written) {
        if (comparePositions(position, lanes.get(lane) ?? START) >= 0) this.#level.add(lane);
        else this.#level.delete(lane);
      }
      this.#cacheEpoch = lanes.keys().every((lane) => this.#level.has(lane)) ? epoch : -1;
    } catch (error) {
      this.#options.onUnasked?.(error);
      if (epoch === this.#epoch) this.#cacheEpoch = -1;
    }
  }
}
