import type { Pool, Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Position } from '../../shared/events/position.ts';
import type { LogFeed } from '../feeds/feed.ts';
import { DIRECT, type Lane } from '../kafka/lane.ts';
import type { Checkpoint } from '../write/checkpoint.ts';
import type { Decoder } from '../write/decode.ts';
import { ReadModelWriter } from '../write/read-model-writer.ts';
import { buildUntil } from './build.ts';
import { feedIncluded, feedWhole, Included } from './included.ts';
import type { Live } from './live.ts';

/** A checkpoint of the schema that is built, for what is applied beyond the first event that is left out. */
const BEYOND: Lane = { ...DIRECT, name: 'beyond' };

export interface NextOptions {
  /** The schema that is built, as its search path. */
  readonly pool: Pool;
  readonly feed: LogFeed;
  readonly decoder: Decoder;
  /** Told how many events have been applied. */
  readonly progress: (events: number) => void;
}

/**
 * The read models that are being built. Their checkpoint stands behind the last event before which nothing is missing;
 * what the live rows have of users whose lanes are further is applied beyond it, and read again with the next round: the
 * users' revisions tell.
 */
export class NextReadModels {
  readonly #options: NextOptions;
  readonly #whole: ReadModelWriter;
  #applied = 0;
  #beyond = 0;

  constructor(options: NextOptions) {
    this.#options = options;
    this.#whole = new ReadModelWriter({ pool: options.pool }, options.decoder);
  }

  /** Events that were applied, without those that were read again. */
  get events(): number {
    return this.#applied + this.#beyond;
  }

  get checkpoint(): Checkpoint {
    return this.#whole.checkpoint;
  }

  async load(): Promise<void> {
    await this.#whole.load();
  }

  /** Applies every event up to a position. */
  async buildTo(target: Position | undefined): Promise<void> {
    if (target) await buildUntil(this.#options.feed, this.#whole, { position: target }, this.#count);
  }

  /**
   * Applies exactly the events that are in the live rows, as of the moment of `live`.
   * @param rows see {@link Included}
   */
  async buildLike(live: Live, rows?: { readonly db: Queryable; readonly schema: string }): Promise<void> {
    const { reach, whole } = live;
    if (!reach || whole) return this.buildTo(reach);
    const { feed } = this.#options;
    const included = new Included(live, rows);
    // What the round before has parked beyond.
    if (this.#beyond > 0) await this.#whole.load();
    this.#beyond = 0;
    let cut = false;
    const until = feedWhole(feed, included, reach, () => {
      cut = true;
    });
    await buildUntil(until, this.#whole, { position: reach }, this.#count);
    if (!cut) return;
    const { last } = this.#whole.checkpoint;
    await this.#options.pool.query('DELETE FROM checkpoints WHERE name = $1', [BEYOND.name]);
    const beyond = new ReadModelWriter({ pool: this.#options.pool, lane: BEYOND }, this.#options.decoder);
    await beyond.load();
    await buildUntil(feedIncluded(feed, included, reach, last), beyond, { position: reach }, (events) => {
      this.#beyond += events;
      this.#options.progress(this.events);
    });
  }

  readonly #count = (events: number): void => {
    this.#applied += events;
    this.#options.progress(this.events);
  };
}
