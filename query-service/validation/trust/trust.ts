import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import { SILENCE_MS } from '../../../shared/read-model/notices.ts';

/** What tells one state of the read model from another. */
export interface Fingerprint {
  readonly checkpoint: Position;
  /** What changes rows without moving the checkpoint: another build, the number of parked events. */
  readonly state: string;
}

/** How far the projector has written Redis. */
export interface CacheCheckpoint {
  /** Of the views that are up to it; undefined where Redis holds none. */
  readonly epoch: string | undefined;
  readonly position: Position;
}

export interface TrustOptions {
  /** Asks PostgreSQL. @throws it can't be asked */
  readonly readFingerprint: () => Promise<Fingerprint>;
  /** Asks Redis. @throws it can't be asked */
  readonly readCacheCheckpoint: () => Promise<CacheCheckpoint>;
  /** A clock that is never set: milliseconds from anywhere. */
  readonly monotonic: () => number;
  readonly onDistrust?: (cause: Distrust) => void;
  /** PostgreSQL or Redis could not be asked. */
  readonly onUnasked?: (error: unknown) => void;
}

export type Distrust =
  | 'start'
  | 'gap'
  | 'reconnect'
  | 'silence'
  | 'changed'
  | 'unasked'
  | 'floors'
  | 'cache_unknown';

/** Under load notices come every few milliseconds; whether Redis has caught up is asked less often. */
const ASK_AGAIN_MS = 50;

const same = (a: Fingerprint, b: Fingerprint): boolean =>
  comparePositions(a.checkpoint, b.checkpoint) === 0 && a.state === b.state;

/**
 * Knows whether this node may believe what it remembers, and what Redis says.
 *
 * Memory is believed by epochs: to distrust is to count one up, and costs nothing however much is remembered. A view
 * that was read in an earlier epoch is used again only after PostgreSQL was asked for it.
 *
 * Redis is believed once it was seen, in this epoch, to be written at least as far as PostgreSQL; and of what it holds
 * the views of the epoch (another one, the projector's: see shared/read-model/version.ts) that it said then.
 *
 * While notices are missing, PostgreSQL is asked each second whether anything changed at all. If not, what was read
 * since the last such question stays good; so a projector that is down costs one small query a second, and not the
 * memory.
 */
export class Trust {
  readonly #options: TrustOptions;
  #epoch = 0;
  /** The checkpoint after the last notice, and when that came; none while notices are missing. */
  #last: { readonly after: Position; readonly at: number } | undefined;
  /** What was missed lies before this checkpoint. */
  #missedUntil: Position | undefined;
  /** When it was last said that the read model is kept up. */
  #keptUpAt: number;
  #trustedIn = -1;
  #cacheEpoch: string | undefined;
  #fingerprint: Fingerprint | undefined;
  #asked = { epoch: -1, at: 0 };
  #asking: Promise<void> | undefined;

  constructor(options: TrustOptions) {
    this.#options = options;
    this.#keptUpAt = options.monotonic();
  }

  get epoch(): number {
    return this.#epoch;
  }

  get cacheTrusted(): boolean {
    return this.#trustedIn === this.#epoch;
  }

  /** The epoch of the views in Redis, as it was read last. */
  get cacheEpoch(): string | undefined {
    return this.#cacheEpoch;
  }

  /**
   * The checkpoint of the notice that showed a gap. PostgreSQL may be a replica that is not there yet: what it says then
   * may be from before what was missed. Undefined while notices are missing: then PostgreSQL itself is followed.
   */
  get missedUntil(): Position | undefined {
    return this.silent ? undefined : this.#missedUntil;
  }

  /** Whether notices are missing. */
  get silent(): boolean {
    return this.#last === undefined;
  }

  /** How long ago it was last said that the read model is kept up: 0 while notices come. */
  get silentMs(): number {
    return this.silent ? this.#options.monotonic() - this.#keptUpAt : 0;
  }

  distrust(cause: Distrust): void {
    this.#fingerprint = undefined;
    this.#beginEpoch(cause);
  }

  #beginEpoch(cause: Distrust): void {
    this.#epoch += 1;
    this.#options.onDistrust?.(cause);
  }

  /** The connection that brings the notices broke or came back: some may have been lost in between. */
  disconnected(): void {
    this.#last = undefined;
    this.distrust('reconnect');
  }

  /** A notice of a batch from `before` to `after`. To be called before its floors are set. */
  received(before: Position, after: Position): void {
    const follows = this.#last !== undefined && comparePositions(this.#last.after, before) === 0;
    if (!follows) {
      this.#missedUntil = after;
      this.distrust('gap');
    }
    this.#keptUpAt = this.#options.monotonic();
    this.#last = { after, at: this.#keptUpAt };
  }

  /** To be called about each second. Resolves when what had to be asked was answered or could not be. */
  async tick(): Promise<void> {
    if (this.#last && this.#options.monotonic() - this.#last.at >= SILENCE_MS) {
      this.#last = undefined;
      this.distrust('silence');
    }
    if (this.silent || !this.cacheTrusted) await this.ask();
  }

  /** After each notice: Redis may be as far as PostgreSQL by now. Not asked again at once if it was not a moment ago. */
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
    let now: Fingerprint;
    try {
      now = await this.#options.readFingerprint();
    } catch (error) {
      this.#options.onUnasked?.(error);
      // Nobody can say that nothing changed since: what is remembered is old knowledge from here on.
      if (this.silent) this.distrust('unasked');
      return;
    }
    if (epoch !== this.#epoch) return;
    if (this.silent) this.#compare(now);
    await this.#askCache(now.checkpoint);
  }

  #compare(now: Fingerprint): void {
    // What was read before the first answer may be older than it, so that also begins an epoch.
    const before = this.#fingerprint;
    // Notices are lost, and the projector is at work all the same.
    if (before && comparePositions(before.checkpoint, now.checkpoint) !== 0)
      this.#keptUpAt = this.#options.monotonic();
    if (!before || !same(before, now)) this.distrust('changed');
    this.#fingerprint = now;
  }

  async #askCache(checkpoint: Position): Promise<void> {
    const { epoch } = this;
    const wasUnknown = this.#cacheEpoch === undefined;
    let reached = false;
    try {
      const { epoch: cacheEpoch, position } = await this.#options.readCacheCheckpoint();
      this.#cacheEpoch = cacheEpoch;
      reached = cacheEpoch !== undefined && comparePositions(position, checkpoint) >= 0;
    } catch (error) {
      this.#options.onUnasked?.(error);
    }
    if (epoch !== this.#epoch) return;
    // What was read from PostgreSQL while it was not known was not written to Redis. Read again, it will be: else this
    // node alone would know it, for as long as it remembers.
    if (wasUnknown && this.#cacheEpoch !== undefined) this.#beginEpoch('cache_unknown');
    this.#trustedIn = reached ? this.#epoch : -1;
  }
}
