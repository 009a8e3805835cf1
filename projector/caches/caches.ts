import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../shared/adapters/redis/client.ts';
import { comparePositions, formatPosition, type Position, START } from '../../shared/event-log/position.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { addViewWrites, type CachedViews } from '../../shared/read-model/cached-views.ts';
import { loadViews } from '../../shared/read-model/load-views.ts';
import { NOTICE_CHANNEL } from '../../shared/read-model/notices.ts';
import type { ProjectorMetrics } from '../metrics.ts';
import type { ChangedViews } from '../write/batch/changed-views.ts';
import { type Traces, traceNotices } from '../write/batch-spans.ts';
import { addMove, beginEpoch, type OwnEpoch } from './cache-epoch.ts';
import { toNotices } from './notices.ts';

/** A committed batch: the checkpoint before and after it, and the views that it changed. */
export interface Change {
  readonly before: Position;
  readonly after: Position;
  readonly changed: () => ChangedViews;
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

interface Pending extends ChangedViews, Pick<Change, 'before' | 'after' | 'traces'> {}

/** More views than this are not kept for a Redis that can't be reached or is slow: then an epoch begins without them. */
const MAX_PENDING = 20_000;

/**
 * Keeps the views in Redis up to the read models, and notifies the query nodes. Works after the commits and on its own:
 * changes that come while it writes are put together.
 *
 * Whenever it can't be sure that Redis holds every change (it has only just begun, a write failed, Redis was flushed or
 * restored, another projector wrote) it begins an epoch. What was written in earlier ones is still there for a node that
 * can ask nobody else, and is believed by no other; it is replaced as it is asked for. See decision 0025.
 */
export class Caches {
  readonly #options: CachesOptions;
  #pending: Pending | undefined;
  /** Undefined while in doubt. */
  #own: OwnEpoch | undefined;
  #working: Promise<void> | undefined;
  #heartbeat: Position | undefined;
  #stopped = false;
  readonly #onReady = () => this.#work();

  constructor(options: CachesOptions) {
    this.#options = options;
    options.redis.on('ready', this.#onReady);
  }

  /** Takes note and returns at once; never throws. */
  publish({ before, after, changed, traces }: Change): void {
    const next: Pending = { before, after, ...changed(), ...(traces && { traces }) };
    this.#pending = this.#pending ? merged(this.#pending, next) : next;
    if (sizeOf(this.#pending) > MAX_PENDING) this.forget();
    this.#work();
  }

  /** Notifies the query nodes that nothing has changed. */
  heartbeat(position: Position): void {
    this.#heartbeat = position;
    this.#work();
  }

  /** Something may be missing in Redis, or another projector may have written: an epoch begins with the next write. */
  forget(): void {
    this.#pending = undefined;
    this.#own = undefined;
    this.#heartbeat = undefined;
  }

  /** Publishes what was committed before. If Redis can't be reached, the next projector begins an epoch. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#options.redis.off('ready', this.#onReady);
    await this.#working;
    if (this.#pending) this.#work();
    await this.#working;
  }

  get #ready(): boolean {
    return this.#options.redis.status === 'ready';
  }

  #work(): void {
    this.#working ??= this.#workAll().finally(() => {
      this.#working = undefined;
      // It came between the last look and now.
      if (this.#pending && this.#ready && !this.#stopped) this.#work();
    });
  }

  async #workAll(): Promise<void> {
    try {
      while (this.#ready && (this.#pending || this.#heartbeat)) await this.#workOnce();
    } catch (error) {
      this.#options.metrics.cacheFailures.inc();
      this.#options.logger.warn({ err: error }, 'cache_write_failed');
      this.forget();
    }
    this.#options.metrics.cacheInStep.set(this.#own && this.#ready ? 1 : 0);
  }

  async #workOnce(): Promise<void> {
    const at = this.#pending?.before ?? (this.#heartbeat as Position);
    const own = this.#follows(at) ?? (await this.#begin(at));
    const change: Pending = this.#pending ?? { before: at, after: at, ...NOTHING };
    const startedAt = Date.now();
    this.#pending = undefined;
    // It was asked for before this change: sent after it, it would look like a gap.
    this.#heartbeat = undefined;
    await this.#send(change, own);
    if (change.traces) traceNotices(change.traces, startedAt);
  }

  /** The epoch that goes on at a checkpoint; undefined if Redis was left at another one: a change in between is missing. */
  #follows(at: Position): OwnEpoch | undefined {
    return this.#own && comparePositions(this.#own.at, at) === 0 ? this.#own : undefined;
  }

  async #begin(at: Position): Promise<OwnEpoch> {
    this.#own = await beginEpoch(this.#options.redis, at);
    const { epoch } = this.#own;
    // It looks like a gap: changes may be missing that moved no checkpoint.
    const [notice] = toNotices(NO_VIEWS, formatPosition(START), formatPosition(at));
    await this.#options.redis.publish(NOTICE_CHANNEL, JSON.stringify(notice));
    this.#options.logger.info({ epoch, at: formatPosition(at) }, 'cache_epoch_begun');
    return this.#own;
  }

  /** Views, checkpoint and notices in one round trip, in this order. */
  async #send(change: Pending, own: OwnEpoch): Promise<void> {
    const { redis, logger } = this.#options;
    const { after } = change;
    const views = await this.#viewsOf(change, own);
    const pipeline = redis.pipeline();
    addViewWrites(pipeline, views, own.epoch);
    const move = pipeline.length;
    addMove(pipeline, own, after);
    addNotices(pipeline, views, change, after);
    const answers = (await pipeline.exec()) ?? [];
    for (const [error] of answers) if (error) throw error;
    // It may have been forgotten meanwhile.
    if (this.#own !== own) return;
    this.#own = answers[move]?.[1] === 1 ? { epoch: own.epoch, at: after, moves: own.moves + 1 } : undefined;
    if (!this.#own) logger.warn('cache_replaced');
  }

  /** With those that have to be loaded. @throws PostgreSQL's error; the others are written and notified all the same */
  async #viewsOf(change: Pending, { epoch }: OwnEpoch): Promise<CachedViews> {
    const { views, load, before } = change;
    if (load.size === 0) return views;
    const { db, redis } = this.#options;
    try {
      return joined(views, await loadViews(db, { userIds: [...load], licenseIds: [] }));
    } catch (error) {
      const pipeline = redis.pipeline();
      addViewWrites(pipeline, views, epoch);
      // A node would go on answering from its memory. The checkpoint stays, so what is missing will look like a gap.
      addNotices(pipeline, views, change, before);
      for (const [failed] of (await pipeline.exec()) ?? []) if (failed) throw failed;
      throw error;
    }
  }
}

/** Adds the notices of a change's views. @param after the checkpoint that the last of them brings */
function addNotices(
  pipeline: ReturnType<Redis['pipeline']>,
  views: CachedViews,
  { before, changedUsers }: Pick<Pending, 'before' | 'changedUsers'>,
  after: Position,
): void {
  const changed: CachedViews = {
    licenses: views.licenses,
    users: new Map([...views.users].filter(([id]) => changedUsers.has(id))),
  };
  for (const notice of toNotices(changed, formatPosition(before), formatPosition(after))) {
    pipeline.publish(NOTICE_CHANNEL, JSON.stringify(notice));
  }
}

const NO_VIEWS: CachedViews = { licenses: new Map(), users: new Map() };
const NOTHING: ChangedViews = { views: NO_VIEWS, changedUsers: new Set(), load: new Set() };

/** Of a view that both have, the later one. */
const joined = (earlier: CachedViews, later: CachedViews): CachedViews => ({
  licenses: new Map([...earlier.licenses, ...later.licenses]),
  users: new Map([...earlier.users, ...later.users]),
});

const sizeOf = ({ views, load }: ChangedViews): number => views.users.size + views.licenses.size + load.size;

const merged = (a: Pending, b: Pending): Pending => ({
  before: a.before,
  after: b.after,
  views: joined(a.views, b.views),
  changedUsers: a.changedUsers.union(b.changedUsers),
  load: a.load.union(b.load),
  ...((a.traces ?? b.traces) && { traces: [...(a.traces ?? []), ...(b.traces ?? [])] }),
});
