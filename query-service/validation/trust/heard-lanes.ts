import { comparePositions, type Position } from '../../../shared/events/position.ts';
import { SILENCE_MS } from '../../../shared/read-model/notices.ts';

/**
 * What a notice says about the ones before it: `follows` if none is missing, `missed` if some may be, `foreign` if it is
 * a heartbeat of a lane that PostgreSQL says is not followed now.
 */
export type Hearing = 'follows' | 'missed' | 'foreign';

interface Heard {
  after: Position;
  at: number;
}

/**
 * The lanes that notices come from (one for the direct feed, one for each partition for Kafka's), and which of them
 * PostgreSQL says there should be. A chain of notices is a lane's own: a projector knows nothing of the others.
 */
export class HeardLanes {
  readonly #heard = new Map<string, Heard>();
  /** Lanes that are not followed, and where they stood last: the projector of a feed that was replaced may beat on. */
  readonly #foreign = new Map<string, Position>();
  #followed: ReadonlySet<string> | undefined;

  /** A notice of a batch from `before` to `after`. */
  hear(lane: string, before: Position, after: Position, now: number): Hearing {
    const stood = this.#foreign.get(lane);
    const moved = comparePositions(before, after) !== 0;
    if (stood && !moved && comparePositions(stood, after) === 0) return 'foreign';
    // Only the feed whose turn it is can move a checkpoint.
    this.#foreign.delete(lane);
    const heard = this.#heard.get(lane);
    const follows = heard !== undefined && comparePositions(heard.after, before) === 0;
    if (heard) Object.assign(heard, { after, at: now });
    else this.#heard.set(lane, { after, at: now });
    return follows ? 'follows' : 'missed';
  }

  /** Forgets the lanes that were not heard for too long. True if there were any. */
  dropSilent(now: number): boolean {
    let dropped = false;
    for (const [lane, { at }] of this.#heard) {
      if (now - at < SILENCE_MS) continue;
      this.#heard.delete(lane);
      dropped = true;
    }
    return dropped;
  }

  /** Nothing of what was heard can be gone on from. */
  reset(): void {
    this.#heard.clear();
  }

  /** Lanes that were heard and that nobody has said to be followed. */
  get unknown(): readonly string[] {
    return [...this.#heard.keys()].filter((lane) => !this.#followed?.has(lane));
  }

  /**
   * PostgreSQL says which lanes are followed. True if these are others than before.
   * @param unknown what {@link unknown} was before it was asked: what was heard since may be newer than the answer
   */
  follow(lanes: ReadonlySet<string>, unknown: readonly string[]): boolean {
    const before = this.#followed ?? lanes;
    this.#followed = lanes;
    for (const lane of before.union(new Set(unknown)).difference(lanes)) {
      const heard = this.#heard.get(lane);
      if (heard) this.#foreign.set(lane, heard.after);
      this.#heard.delete(lane);
    }
    return before.symmetricDifference(lanes).size > 0;
  }

  /** Whether every change is being told: each lane that is followed is heard, and nobody knows of another one. */
  get complete(): boolean {
    const followed = this.#followed;
    return followed !== undefined && this.#heard.size === followed.size && followed.isSubsetOf(this.#heard);
  }

  /** Whether a lane's changes are being told. */
  hears(lane: string): boolean {
    return this.#heard.has(lane);
  }
}
