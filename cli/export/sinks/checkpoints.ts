import type { Place } from '../source/source.ts';

/** Between two checkpoints: what a resumed export does again. Each costs two flushes to disk. */
const EVERY_MS = 500;

/** Says when a checkpoint is due, and where. */
export class CheckpointTimer {
  #at = performance.now();
  #place: Place | undefined;

  /** The last event that was passed and not recorded yet. */
  get place(): Place | undefined {
    return this.#place;
  }

  passed(place: Place): void {
    this.#place = place;
  }

  get isDue(): boolean {
    return this.#place !== undefined && performance.now() - this.#at >= EVERY_MS;
  }

  recorded(): void {
    this.#at = performance.now();
    this.#place = undefined;
  }
}
