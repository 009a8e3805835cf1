import { comparePositions, type Position } from '../../../shared/events/position.ts';
import type { LicenseView, UserView } from '../../../shared/read-model/views.ts';
import { Compaction } from './compaction.ts';
import { LayersAway, type Loaded, type Named, PairLoader, type PairLoaderOptions } from './pair-loader.ts';
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
  readonly level?: Position | undefined;
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
  /** How long a request waits for a read model that is behind; default 1.5 s. */
  readonly waitMs?: number;
}

const WAIT_MS = 1_500;
/** Between two looks at a read model that is behind, unless a notice comes first. */
const LOOK_MS = 50;
/** Most requests that wait for a read model; the others are told at once that it is behind. */
const MAX_WAITING = 500;
/** Loads of one request that are older than a notice: a second one began after it, so a third is never needed. */
const MAX_ATTEMPTS = 3;
/** How long a request that could be answered from old knowledge waits for a layer that does not answer. */
const PATIENCE_MS = 250;

const before = (position: Position, other: Position): boolean => comparePositions(position, other) < 0;

/**
 * The two views of a license, from the first layer that may be believed: memory, Redis, PostgreSQL. See trust.ts for
 * what may be believed, and view-memory.ts for which of two views is the newer.
 */
export class LicenseViews {
  readonly #options: LicenseViewsOptions;
  readonly #loader: PairLoader;
  readonly #waiting = new Set<() => void>();
  readonly #compact = new Compaction();

  constructor(options: LicenseViewsOptions) {
    this.#options = options;
    this.#loader = new PairLoader(options);
  }

  get loads(): number {
    return this.#loader.underWay;
  }

  /** A notice came: whoever waits for the read model looks again. */
  noticed(): void {
    for (const look of this.#waiting) look();
  }

  /**
   * Answers with views that are at least as new as the key itself, and, if given, as `atLeast`. Waits a bounded time
   * for a read model that is behind.
   */
  async resolve(named: Named, atLeast?: Position): Promise<Resolution> {
    const { monotonic, waitMs = WAIT_MS } = this.#options;
    const deadline = monotonic() + waitMs;
    for (let again = false; ; again = true) {
      const found = await this.#find(named, again);
      if (found.kind !== 'known' || !lacks(named, found, atLeast)) return found;
      if (found.stale) return { kind: 'unavailable', cause: new LayersAway('what is known is too old') };
      // Parking and settling move no position, so what memory and Redis say of it may be over.
      if (found.layer !== 'postgres') continue;
      if (found.user.view.user?.parked) return { kind: 'parked' };
      const left = deadline - monotonic();
      if (left <= 0 || this.#waiting.size >= MAX_WAITING) return { kind: 'behind' };
      await this.#nextLook(Math.min(left, LOOK_MS));
    }
  }

  /** @param again asks PostgreSQL itself, because what the layers above say was not enough */
  async #find(named: Named, again: boolean): Promise<Resolution> {
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
      const taken = this.#take(named, loaded);
      // A load from before a distrust is repeated, but not for ever: the last one is as new as can be had.
      if (taken && (loaded.epoch === trust.epoch || attempt === MAX_ATTEMPTS)) return taken;
    }
    return { kind: 'behind' };
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
    const { layer, checkpoint: level } = loaded;
    return { kind: 'known', license, user, layer, stale: false, level };
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

  async #nextLook(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}

/** Whether the views are too old to say what was asked. */
function lacks(named: Named, { license, user, level }: Known, atLeast: Position | undefined): boolean {
  // Who activated was signed up and had a subscription: where these are missing, the view is older than the key, or
  // the read model has gone past it and they are really not there.
  if (!license.view.license && before(positionOf(license.view), named.activated)) return true;
  if (!user.view.user?.subscription && before(positionOf(user.view), named.activated)) return true;
  const older = (view: LicenseView | UserView) => atLeast && before(positionOf(view), atLeast);
  if (!atLeast || (!older(license.view) && !older(user.view))) return false;
  // A read model that is past it has left out no event of this user, unless that was parked.
  return !(level && !before(level, atLeast) && !user.view.user?.parked);
}
