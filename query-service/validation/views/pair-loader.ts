import { parsePosition } from '../../../shared/event-log/position.ts';
import type { LoadedPair, PairIds } from '../../../shared/read-model/load-views.ts';
import { FRESH_MS, type LicenseView, type UserView } from '../../../shared/read-model/views.ts';
import { Batches } from './batches.ts';
import { Breaker } from './breaker.ts';
import type { Loaded, Named, PairLoaderOptions } from './loading.ts';
import { WriteBack } from './write-back.ts';

interface Flight {
  readonly epoch: number;
  readonly loaded: Promise<Loaded>;
}

/** Most loads under way; what comes beyond is answered by what is known already, or not at all. */
const MAX_LOADS = 20_000;
const BREAK_MS = 1_000;
/** Pairs of one statement, and statements at once: no more connections than leave some to the other queries. */
const BATCH = 200;
const BATCHES_AT_ONCE = 2;

/** The layers below are not asked now: one failed a moment ago, or too many loads are under way. */
export class LayersAway extends Error {
  readonly code = 'layers_away';
}

/** Loads pairs of views from Redis, where that may be believed, or PostgreSQL. */
export class PairLoader {
  readonly #options: PairLoaderOptions;
  readonly #flights = new Map<string, Flight>();
  readonly #postgres: Breaker;
  readonly #redis: Breaker;
  readonly #written: WriteBack;
  readonly #pairs: Batches<PairIds, LoadedPair>;

  constructor(options: PairLoaderOptions) {
    this.#options = options;
    this.#postgres = new Breaker(BREAK_MS, options.monotonic);
    this.#redis = new Breaker(BREAK_MS, options.monotonic);
    this.#written = new WriteBack(options, this.#redis);
    this.#pairs = new Batches({
      ask: (pairs) => this.#postgres.run(() => options.sources.load(pairs)),
      size: BATCH,
      atOnce: BATCHES_AT_ONCE,
    });
  }

  get underWay(): number {
    return this.#flights.size;
  }

  /**
   * One load for everybody who asks for the license now. A load that began in an earlier epoch is not joined.
   * @param skipCache asks PostgreSQL itself
   * @throws the layer's error, {@link LayersAway}
   */
  load(named: Named, skipCache: boolean): Promise<Loaded> {
    const name = skipCache ? `!${named.licenseId}` : named.licenseId;
    const { epoch } = this.#options.trust;
    const flying = this.#flights.get(name);
    if (flying?.epoch === epoch) return flying.loaded;
    if (this.#flights.size >= MAX_LOADS)
      return Promise.reject(new LayersAway('too many loads are under way'));
    const loaded = this.#loadFrom(named, epoch, skipCache).finally(() => {
      if (this.#flights.get(name)?.loaded === loaded) this.#flights.delete(name);
    });
    this.#flights.set(name, { epoch, loaded });
    return loaded;
  }

  /** What Redis has, whether it may be believed or not: for when PostgreSQL can't be asked. */
  async lastResort({ licenseId, userId }: Named): Promise<{ license?: LicenseView; user?: UserView }> {
    if (!this.#redis.closed) return {};
    try {
      const { license, user } = await this.#redis.run(() => this.#options.sources.read(licenseId, userId));
      return { ...(license && { license }), ...(user && { user }) };
    } catch (error) {
      this.#options.onFailure('redis', error);
      return {};
    }
  }

  async #loadFrom(named: Named, epoch: number, skipCache: boolean): Promise<Loaded> {
    const cached = skipCache ? undefined : await this.#fromRedis(named, epoch);
    if (cached) return cached;
    if (!this.#postgres.closed) throw new LayersAway('PostgreSQL did not answer a moment ago');
    const { cacheEpoch } = this.#options.trust;
    let pair: LoadedPair;
    try {
      pair = await this.#pairs.ask({ licenseId: named.licenseId, userId: named.userId });
    } catch (error) {
      this.#options.onFailure('postgres', error);
      throw error;
    }
    await this.#options.pause?.('loaded_from_postgres');
    const { license, user } = pair;
    const checkpoint = parsePosition(pair.checkpoint);
    const loaded: Loaded = { license, user, checkpoint, layer: 'postgres', epoch, cacheEpoch };
    void this.#writeBack(named, loaded);
    return loaded;
  }

  /** Both views, if Redis may be believed, has both, and they are fresh and not older than a notice says. */
  async #fromRedis(named: Named, epoch: number): Promise<Loaded | undefined> {
    const { trust, sources, licenses, users, clock } = this.#options;
    if (!trust.cacheTrusted || !this.#redis.closed) return undefined;
    const { licenseId, userId } = named;
    try {
      const { license, user } = await this.#redis.run(() =>
        sources.read(licenseId, userId, trust.cacheEpoch),
      );
      await this.#options.pause?.('loaded_from_redis');
      if (!license?.license || !user?.user) return undefined;
      const now = clock();
      if (now - Math.min(license.loadedAt, user.loadedAt) >= FRESH_MS) return undefined;
      if (licenses.isBelowFloor(licenseId, license, now)) return undefined;
      if (users.isBelowFloor(userId, user, now)) return undefined;
      return trust.epoch === epoch ? { license, user, layer: 'redis', epoch } : undefined;
    } catch (error) {
      this.#options.onFailure('redis', error);
      return undefined;
    }
  }

  /** Nobody waits for it. */
  async #writeBack(named: Named, loaded: Loaded): Promise<void> {
    await this.#options.pause?.('before_cache_write');
    this.#written.add({ named, loaded });
  }
}
