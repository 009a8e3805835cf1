import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import type { LicenseView, UserView } from '../../../shared/read-model/views.ts';
import type { ReadModelCheckpoint } from '../../read-model-checkpoint.ts';
import { Compaction } from './compaction.ts';
import type { Loaded, Named, PairLoaderOptions } from './loading.ts';
import { missed } from './missed.ts';
import { LayersAway, PairLoader } from './pair-loader.ts';
import { type Entry, positionOf } from './view-memory.ts';

export type Layer = 'memory' | 'redis' | 'postgres';

/** Both views, and where they came from. */
export interface Known {
  readonly kind: 'known';
  readonly license: Entry<LicenseView>;
  readonly user: Entry<UserView>;
  readonly layer: Layer;
  /** True if the layers below were not able to say whether this is still so. */
  readonly stale: boolean;
  /** The read model's checkpoint in the snapshot that both views come from; only from PostgreSQL. */
  readonly checkpoint?: Position | undefined;
}

export type Resolution =
  | Known
  /** The read model has not got as far as was asked for, or as the key itself says. */
  | { readonly kind: 'behind' }
  /** It will not get there by waiting: an event of this user is parked. */
  | { readonly kind: 'parked' }
  /** Nothing (or too little) is known of this license, and the layers that may know it can't answer. */
  | { readonly kind: 'unavailable'; readonly cause: unknown };

export interface LicenseViewsOptions extends PairLoaderOptions {
  readonly checkpoint: Pick<ReadModelCheckpoint, 'reached'>;
  /** How long a request waits for a read model that is behind; default 1.5 s. */
  readonly waitMs?: number;
}

const WAIT_MS = 1_500;
/** Loads of one request that are older than a notice: a second one began after it, so a third is never needed. */
const MAX_ATTEMPTS = 3;
/** How long a request that could be answered from old knowledge waits for a layer that does not answer. */
const PATIENCE_MS = 250;

const before = (position: Position, other: Position): boolean => comparePositions(position, other) < 0;
const later = (a: Position | undefined, b: Position | undefined): Position | undefined =>
  a && b ? (before(a, b) ? b : a) : (a ?? b);

/** What was read is older than a notice says: from a replica that lags. */
interface Older {
  readonly kind: 'older';
  readonly than: Position | undefined;
}

/**
 * The two views of a license, from the first layer that may be believed: memory, Redis, PostgreSQL. See trust.ts for
 * what may be believed, and view-memory.ts for which of two views is the newer.
 */
export class LicenseViews {
  readonly #options: LicenseViewsOptions;
  readonly #loader: PairLoader;
  readonly #compact = new Compaction();

  constructor(options: LicenseViewsOptions) {
    this.#options = options;
    this.#loader = new PairLoader(options);
  }

  get loads(): number {
    return this.#loader.underWay;
  }

  /**
   * Answers with views that are at least as new as the key itself, and, if given, as `atLeast`. Waits a bounded time
   * for a read model that is behind.
   */
  async resolve(named: Named, atLeast?: Position): Promise<Resolution> {
    const { monotonic, checkpoint, waitMs = WAIT_MS } = this.#options;
    const deadline = monotonic() + waitMs;
    let reached: Position | undefined;
    for (let again = false; ; again = true) {
      const found = await this.#find(named, again);
      if (found.kind !== 'known' && found.kind !== 'older') return found;
      const needed = found.kind === 'known' ? lacking(named, found, atLeast) : found.than;
      if (found.kind === 'known') {
        if (!needed) return found;
        if (found.stale) return { kind: 'unavailable', cause: new LayersAway('what is known is too old') };
        // Parking and settling move no position, so what memory and Redis say of it may be over.
        if (found.layer !== 'postgres') continue;
        if (found.user.view.user?.parked) return { kind: 'parked' };
      }
      // Read behind it, and lacking all the same: waiting changes nothing.
      if (!needed || (reached && !before(reached, needed))) return { kind: 'behind' };
      try {
        if (!(await checkpoint.reached(needed, deadline - monotonic()))) return { kind: 'behind' };
      } catch (cause) {
        return { kind: 'unavailable', cause };
      }
      reached = needed;
    }
  }

  /** @param again asks PostgreSQL itself, because what the layers above say was not enough */
  async #find(named: Named, again: boolean): Promise<Resolution | Older> {
    const { licenses, users } = this.#options;
    const { trust } = this.#options;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const remembered = again ? undefined : this.#remembered(named);
      if (remembered) return remembered;
      let loaded: Loaded;
      try {
        loaded = await this.#patiently(named, this.#loader.load(named, again));
      } catch (error) {
        return this.#old(named, error);
      }
      const missing = missed(trust, loaded);
      if (missing) return { kind: 'older', than: missing };
      const taken = this.#take(named, loaded);
      // A load from before a distrust is repeated, but not for ever: the last one is as new as can be had.
      if (taken && (loaded.epoch === trust.epoch || attempt === MAX_ATTEMPTS)) return taken;
    }
    return { kind: 'older', than: later(licenses.floor(named.licenseId), users.floor(named.userId)) };
  }

  #remembered({ licenseId, userId }: Named): Known | undefined {
    const { licenses, users, trust, clock } = this.#options;
    const { epoch } = trust;
    const now = clock();
    const license = licenses.fresh(licenseId, epoch, now);
    const user = users.fresh(userId, epoch, now);
    return license && user && { kind: 'known', license, user, layer: 'memory', stale: false };
  }

  /** Keeps what was loaded; undefined if a notice says that there is something newer. */
  #take(named: Named, loaded: Loaded): Known | undefined {
    const { licenses, users, clock } = this.#options;
    const { licenseId, userId } = named;
    const { epoch } = loaded;
    const license = licenses.offer(licenseId, this.#compact.license(loaded.license, named), epoch, clock());
    const user = users.offer(userId, this.#compact.user(loaded.user, named), epoch, clock());
    if (!license || !user) return undefined;
    const { layer, checkpoint } = loaded;
    return { kind: 'known', license, user, layer, stale: false, checkpoint };
  }

  /** While there is old knowledge to answer from, a layer that hangs is not waited for to its end. */
  async #patiently({ licenseId, userId }: Named, loading: Promise<Loaded>): Promise<Loaded> {
    const { licenses, users, clock } = this.#options;
    if (!licenses.kept(licenseId, clock()) || !users.kept(userId, clock())) return loading;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new LayersAway('no answer in time')), PATIENCE_MS);
    try {
      return await Promise.race([loading, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The newest that memory and Redis have, whatever its age; what a notice has replaced is not among it. */
  async #old(named: Named, cause: unknown): Promise<Resolution> {
    const { licenses, users, clock } = this.#options;
    const { licenseId, userId } = named;
    const held = () => ({ license: licenses.kept(licenseId, clock()), user: users.kept(userId, clock()) });
    let { license, user } = held();
    let layer: Layer = 'memory';
    if (!license || !user) {
      const cached = await this.#loader.lastResort(named);
      // Epoch -1 is never the present one: it is kept as old knowledge.
      if (cached.license) licenses.offer(licenseId, cached.license, -1, clock());
      if (cached.user) users.offer(userId, cached.user, -1, clock());
      ({ license, user } = held());
      layer = 'redis';
    }
    if (!license || !user) return { kind: 'unavailable', cause };
    return { kind: 'known', license, user, layer, stale: true };
  }
}

/** The position that the views would have to have reached to say what was asked; undefined if they say it. */
function lacking(
  named: Named,
  { license, user, checkpoint }: Known,
  atLeast: Position | undefined,
): Position | undefined {
  // Who activated was signed up and had a subscription: where these are missing, the view is older than the key, or
  // the read model has gone past it and they are really not there.
  const product = license.view.license?.product;
  const subscription = product === undefined ? undefined : user.view.user?.subscriptions[product];
  const absent =
    (product === undefined && before(positionOf(license.view), named.activated)) ||
    (!subscription && before(positionOf(user.view), named.activated));
  const older = (view: LicenseView | UserView) => atLeast && before(positionOf(view), atLeast);
  // A read model that is past it has left out no event of this user, unless that was parked.
  const passed = checkpoint && atLeast && !before(checkpoint, atLeast) && !user.view.user?.parked;
  const behind = !passed && (older(license.view) || older(user.view));
  return later(absent ? named.activated : undefined, behind ? atLeast : undefined);
}
