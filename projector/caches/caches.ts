import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../shared/adapters/redis/client.ts';
import { comparePositions, formatPosition, type Position } from '../../shared/events/position.ts';
import type { Logger } from '../../shared/logger.ts';
import { addViewWrites, type CachedViews } from '../../shared/read-model/cached-views.ts';
import { loadViews } from '../../shared/read-model/load-views.ts';
import { NOTICE_CHANNEL } from '../../shared/read-model/notices.ts';
import type { ProjectorMetrics } from '../metrics.ts';
import { type Traces, traceNotices } from '../write/batch-spans.ts';
import type { Touched } from '../write/batch-state.ts';
import { loadCheckpoint } from '../write/checkpoint.ts';
import { addRaise, readHeld, stillOurs } from './cache-checkpoint.ts';
import { type CacheRefresh, refreshHeld, refreshSince, settledSince } from './cache-refresh.ts';
import { toNotices } from './notices.ts';

/** A committed batch: the checkpoint before and behind it, and whose views it changed. */
export interface Change {
  readonly before: Position;
  readonly after: Position;
  readonly touched: Touched;
  /** Of its events' commands, where those are traced. */
  readonly traces?: Traces;
}

export interface CachesOptions {
  /** The live read models, in its search path. */
  readonly db: Pool;
  readonly redis: Redis;
  readonly logger: Logger;
  readonly metrics: Pick<ProjectorMetrics, 'cacheFailures'> & {
    readonly cacheInStep: { set(value: 0 | 1): void };
  };
}

/** More ids than this are not kept for a Redis that is away or slow: what changed is found in PostgreSQL then. */
const MAX_PENDING = 20_000;
/**
 * Keeps the views in Redis up to the read models, and tells the query nodes. Works behind the commits and on its own:
 * changes that come while it writes are put together, and while Redis is away they are dropped and found again by the
 * checkpoint that Redis holds.
 */
export class Caches {
  readonly #options: CachesOptions;
  #pending: Change | undefined;
  /** The checkpoint in Redis as this projector knows it (sortable); undefined until it has been read. */
  #held: string | undefined;
  #working: Promise<void> | undefined;
  #beat: Position | undefined;
  #stopped = false;
  readonly #onReady = () => {
    this.#held = undefined;
    this.#work();
  };

  constructor(options: CachesOptions) {
    this.#options = options;
    options.redis.on('ready', this.#onReady);
  }

  /** Takes note and returns at once; never throws. */
  publish(change: Change): void {
    this.#pending = this.#pending ? merged(this.#pending, change) : change;
    if (sizeOf(this.#pending.touched) > MAX_PENDING) this.#drop();
    this.#work();
  }

  /** Tells the query nodes that nothing has changed. */
  heartbeat(position: Position): void {
    this.#beat = position;
    this.#work();
  }

  /** Another projector may have written meanwhile: what Redis holds is read again before the next write. */
  forget(): void {
    this.#drop();
    this.#beat = undefined;
  }

  /** Tells of what was committed before; a Redis that is away or behind is left to the next projector. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.redis.off('ready', this.#onReady);
    await this.#working;
    if (this.#pending) this.#work();
    await this.#working;
  }

  #drop(): void {
    this.#pending = undefined;
    this.#held = undefined;
  }

  #work(): void {
    this.#working ??= this.#workAll().finally(() => {
      this.#working = undefined;
      // It came between the last look and now.
      if (this.#pending && !this.#stopped) this.#work();
    });
  }

  async #workAll(): Promise<void> {
    while (this.#pending || this.#beat) {
      try {
        if (this.#options.redis.status !== 'ready') return this.#drop();
        if (this.#stopped && this.#held === undefined) return;
        if (this.#held === undefined) await this.#catchUp();
        if (this.#pending) await this.#writePending(true);
        else if (this.#beat) await this.#sendBeat(this.#beat);
      } catch (error) {
        this.#options.metrics.cacheFailures.inc();
        this.#options.logger.warn({ err: error }, 'cache_write_failed');
        // The next batch or heartbeat tries again, and finds in PostgreSQL what was missed.
        return this.#drop();
      } finally {
        this.#options.metrics.cacheInStep.set(this.#held === undefined ? 0 : 1);
      }
    }
  }

  /** Views, checkpoint and notice in one round trip, in this order. `move` false while older changes are missing. */
  async #writePending(move: boolean): Promise<void> {
    const change = this.#pending as Change;
    const startedAt = Date.now();
    this.#pending = undefined;
    // It was asked for before this change: sent behind it, it would look like a gap.
    this.#beat = undefined;
    await this.#sendViews(change, move);
    if (change.traces) traceNotices(change.traces, startedAt);
  }

  async #sendViews({ before, after, touched }: Change, move: boolean): Promise<void> {
    const ids = { userIds: [...touched.users], licenseIds: [...touched.licenses] };
    await this.#send(await loadViews(this.#options.db, ids), { before, after }, move);
  }

  async #sendBeat(position: Position): Promise<void> {
    this.#beat = undefined;
    const nothing = { licenses: new Map(), users: new Map() };
    await this.#send(nothing, { before: position, after: position }, true);
  }

  async #send(
    views: CachedViews,
    { before, after }: Pick<Change, 'before' | 'after'>,
    move: boolean,
  ): Promise<void> {
    const pipeline = this.#options.redis.pipeline();
    addViewWrites(pipeline, views);
    const known = this.#held;
    const at = pipeline.length;
    if (move && known !== undefined) addRaise(pipeline, known, after);
    for (const notice of toNotices(views, formatPosition(before), formatPosition(after))) {
      pipeline.publish(NOTICE_CHANNEL, JSON.stringify(notice));
    }
    const answers = (await pipeline.exec()) ?? [];
    for (const [error] of answers) if (error) throw error;
    if (!move || known === undefined || this.#held !== known) return;
    this.#held = stillOurs(answers[at]?.[1], known, after);
    if (this.#held === undefined) this.#options.logger.warn('cache_replaced');
  }

  /** Brings Redis from the checkpoint it holds to the read models' one. */
  async #catchUp(): Promise<void> {
    const { redis, db, logger } = this.#options;
    let target = (await loadCheckpoint(db)).position;
    const { sortable, position } = await readHeld(redis);
    // Set first: whatever is dropped or found replaced from here on unsets it, and then this is done again.
    this.#held = sortable;
    const refresh: CacheRefresh = {
      db,
      redis,
      between: async () => {
        if (this.#held === undefined || !this.#pending) return;
        target = this.#pending.after;
        await this.#writePending(false);
      },
    };
    if (!position) await refreshHeld(refresh);
    else if (comparePositions(position, target) < 0) await refreshSince(refresh, position);
    if (this.#held === undefined) return;
    const touched = position ? await settledSince(db, position) : NOTHING;
    await this.#sendViews({ before: target, after: target, touched }, true);
    logger.info({ from: position && formatPosition(position), to: formatPosition(target) }, 'cache_in_step');
  }
}

const NOTHING: Touched = { users: new Set(), licenses: new Set() };

const sizeOf = ({ users, licenses }: Touched): number => users.size + licenses.size;

const merged = (a: Change, b: Change): Change => ({
  before: a.before,
  after: b.after,
  touched: {
    users: a.touched.users.union(b.touched.users),
    licenses: a.touched.licenses.union(b.touched.licenses),
  },
  ...((a.traces ?? b.traces) && { traces: [...(a.traces ?? []), ...(b.traces ?? [])] }),
});
