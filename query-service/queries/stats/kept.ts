import type { Clock } from '../../../shared/clock.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { Figures } from './figures.ts';

/** Nobody needs figures that are younger. */
const FRESH_MS = 5_000;
/** And counting is never more than a twentieth of a node's time in PostgreSQL. */
const REST = 20;
/** Older than this, nobody is answered with them. */
const KEPT_MS = 5 * 60_000;

export interface KeptOptions {
  /** @param now as of when, in milliseconds since 1970 */
  readonly count: (now: number) => Promise<Figures>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds, of any origin. */
  readonly monotonic?: () => number;
}

/**
 * Figures as they were counted last, at once; they are counted again behind the answer, once for everybody who asks meanwhile.
 * Whoever comes first, or after five minutes in which nobody asked, waits for the counting.
 */
export function keptFigures({ count, clock, logger, monotonic = () => performance.now() }: KeptOptions) {
  let kept: { readonly at: number; readonly tookMs: number; readonly figures: Figures } | undefined;
  let counting: Promise<Figures> | undefined;

  async function countNow(): Promise<Figures> {
    const at = monotonic();
    const figures = await count(clock());
    kept = { at, tookMs: monotonic() - at, figures };
    return figures;
  }
  const again = (): Promise<Figures> => {
    counting ??= countNow().finally(() => {
      counting = undefined;
    });
    return counting;
  };

  return async (): Promise<Figures> => {
    if (!kept) return again();
    const age = monotonic() - kept.at;
    const freshMs = Math.max(FRESH_MS, REST * kept.tookMs);
    if (age < freshMs) return kept.figures;
    if (age >= Math.max(KEPT_MS, 2 * freshMs)) return again();
    // Whoever asks once they are too old has the error itself.
    again().catch((err: unknown) => logger.warn({ err }, 'stats_not_counted'));
    return kept.figures;
  };
}
