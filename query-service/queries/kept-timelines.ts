import type { Timeline, TimelineEntry } from '../../shared/history/timeline.ts';

/** A timeline that was read as far as a page, and the entry that the next page begins with. */
export interface KeptTimeline {
  readonly timeline: Timeline;
  readonly first: TimelineEntry;
}

/** Licenses in all kept timelines together: about 50 MB. */
const MAX_LICENSES = 100_000;
/** Whoever reads page after page asks for the next one sooner. */
const KEPT_FOR_MS = 60_000;

/**
 * Where pages of histories ended, so that the next page need not be folded from the first event. A page that is not found
 * here (another node answered the one before) is read from the start.
 */
export class KeptTimelines {
  readonly #kept = new Map<string, KeptTimeline & { readonly licenses: number; readonly until: number }>();
  #licenses = 0;

  /** Takes it out: a timeline is read on by one request alone. */
  take(key: string): KeptTimeline | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    this.#drop(key);
    return kept.until > performance.now() ? kept : undefined;
  }

  keep(key: string, { timeline, first }: KeptTimeline): void {
    this.#drop(key);
    const now = performance.now();
    const { active, deactivated, revoked } = timeline.state.counts;
    const licenses = 1 + active + deactivated + revoked;
    this.#kept.set(key, { timeline, first, licenses, until: now + KEPT_FOR_MS });
    this.#licenses += licenses;
    // The oldest come first.
    for (const [oldest, { until }] of this.#kept) {
      if (until > now && this.#licenses <= MAX_LICENSES) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#licenses -= this.#kept.get(key)?.licenses ?? 0;
    this.#kept.delete(key);
  }
}
