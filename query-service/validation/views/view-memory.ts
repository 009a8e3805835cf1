import { comparePositions, type Position, parsePosition } from '../../../shared/event-log/position.ts';
import { FLOOR_MS } from '../../../shared/read-model/notices.ts';
import { FRESH_MS, KEPT_MS, type LicenseView, type UserView } from '../../../shared/read-model/views.ts';
import { BoundedMap } from '../keys/bounded-map.ts';

/** A view in this node's memory. */
export interface Entry<V> {
  readonly view: V;
  /** The epoch (see trust.ts) in which it was read; it counts without asking only in that one. */
  readonly epoch: number;
  /** False once memory holds it no longer: something newer is known, or it was forgotten. Only memory changes it. */
  held: boolean;
}

/** Whether a view may be used without asking: held, read in this epoch, and fresh. */
export const mayBeUsed = (entry: Entry<LicenseView | UserView>, epoch: number, now: number): boolean =>
  entry.held && entry.epoch === epoch && now - entry.view.loadedAt < FRESH_MS;

interface Floor {
  readonly position: Position;
  readonly until: number;
}

/** More floors than this are not kept; then nothing is trusted instead. */
const MAX_FLOORS = 100_000;

/**
 * The position is kept as text and read where two are compared, which is seldom: as numbers it takes as much memory
 * as a license.
 * @throws RangeError the view has none
 */
export const positionOf = (view: LicenseView | UserView): Position => {
  const position = parsePosition(view.position);
  if (!position) throw new RangeError(`a view has no position: ${view.position}`);
  return position;
};

/** Negative if `a` is the older of two views of one key: the later position wins, then the later load. */
const compareViews = <V extends LicenseView | UserView>(a: V, b: V): number =>
  comparePositions(positionOf(a), positionOf(b)) || a.loadedAt - b.loadedAt;

/** The views of one kind that this node knows, and the floors that notices set under them. */
export class ViewMemory<V extends LicenseView | UserView> {
  readonly #entries: BoundedMap<string, Entry<V>>;
  readonly #floors = new Map<string, Floor>();

  constructor(limit: number) {
    this.#entries = new BoundedMap(limit, (entry) => {
      entry.held = false;
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What may be used without asking: read in this epoch and fresh. */
  fresh(id: string, epoch: number, now: number): Entry<V> | undefined {
    const entry = this.#entries.get(id);
    return entry !== undefined && mayBeUsed(entry, epoch, now) ? entry : undefined;
  }

  /** What may be used only if the layers below can't answer. */
  kept(id: string, now: number): Entry<V> | undefined {
    const entry = this.#entries.get(id);
    return entry !== undefined && now - entry.view.loadedAt < KEPT_MS ? entry : undefined;
  }

  /**
   * Takes what was read. Answers the later of it and what is known already; undefined if it is older than a notice
   * says: then it must be read again, and is not kept.
   */
  offer(id: string, view: V, epoch: number, now: number): Entry<V> | undefined {
    if (this.isBelowFloor(id, view, now)) return undefined;
    const entry: Entry<V> = { view, epoch, held: true };
    const known = this.#entries.get(id);
    if (known && compareViews(known.view, entry.view) > 0) {
      const samePosition = comparePositions(positionOf(known.view), positionOf(entry.view)) === 0;
      // The same state, confirmed by a load of a later epoch (two clocks may disagree about which load was later).
      if (samePosition && entry.epoch > known.epoch) this.#entries.set(id, entry);
      return samePosition && entry.epoch > known.epoch ? entry : known;
    }
    this.#entries.set(id, entry);
    return entry;
  }

  /** The position of the last notice about it, while that is a floor. */
  floor(id: string): Position | undefined {
    return this.#floors.get(id)?.position;
  }

  isBelowFloor(id: string, view: V, now: number): boolean {
    const floor = this.#floors.get(id);
    if (!floor) return false;
    if (now < floor.until) return comparePositions(positionOf(view), floor.position) < 0;
    this.#floors.delete(id);
    return false;
  }

  /**
   * A change at `position` became known: what is older is forgotten at once, and not taken again for a minute.
   * @returns false if there are too many floors to keep this one
   */
  raise(id: string, position: Position, now: number): boolean {
    const known = this.#entries.get(id);
    if (known && comparePositions(positionOf(known.view), position) < 0) this.#entries.delete(id);
    this.#dropOldFloors(now);
    const floor = this.#floors.get(id);
    if (floor && comparePositions(floor.position, position) > 0) return true;
    if (!floor && this.#floors.size >= MAX_FLOORS) return false;
    // Removed first, so that the map stays in the order of `until`.
    this.#floors.delete(id);
    this.#floors.set(id, { position, until: now + FLOOR_MS });
    return true;
  }

  #dropOldFloors(now: number): void {
    for (const [id, { until }] of this.#floors) {
      if (until > now) break;
      this.#floors.delete(id);
    }
  }
}
