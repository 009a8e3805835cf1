import { rm } from 'node:fs/promises';
import type { Encoder } from '../formats/encoder.ts';
import type { ToRow } from '../formats/row.ts';
import type { Place } from '../source/source.ts';
import { CheckpointTimer } from './checkpoints.ts';
import type { Journal } from './journal.ts';
import type { PartFile } from './part-file.ts';
import { type Item, placeOf, type Sink } from './sink.ts';

export interface FileSinkOptions {
  readonly encoder: Encoder;
  readonly toRow: ToRow;
  readonly part: PartFile;
  readonly journal: Journal;
  /** The journal's file, removed when the export is complete. */
  readonly journalFile: string;
  /** Events that an earlier run has exported. */
  readonly events: number;
}

/** An export into a file, which can be gone on with after any end, a power cut included. */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #timer = new CheckpointTimer();
  #events: number;
  #isClosed = false;

  constructor(options: FileSinkOptions) {
    this.#options = options;
    this.#events = options.events;
  }

  async take(items: readonly Item[]): Promise<void> {
    const { encoder, toRow, part } = this.#options;
    for (const { recorded, decoded, personal } of items) {
      encoder.add(toRow(recorded, decoded, personal));
      this.#events += 1;
      if (!encoder.isFull) continue;
      await part.write(encoder.take());
      // The one place where this checkpoint can stand: the next row begins what can't be divided.
      if (!encoder.isDivisible) await this.#record(placeOf(recorded));
    }
  }

  async passed(place: Place): Promise<void> {
    this.#timer.passed(place);
    if (this.#timer.isDue) await this.#checkpoint();
  }

  async finish(): Promise<void> {
    const { encoder, part, journalFile } = this.#options;
    await part.write(encoder.finish());
    await part.sync();
    await this.close();
    await part.rename();
    await rm(journalFile);
  }

  interrupt(): Promise<void> {
    return this.#checkpoint();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([this.#options.part.close(), this.#options.journal.close()]);
  }

  /** Records how far it came, unless rows wait for others to be written with. */
  async #checkpoint(): Promise<void> {
    const { encoder, part } = this.#options;
    const { place } = this.#timer;
    if (place === undefined) return;
    if (encoder.isDivisible) await part.write(encoder.take());
    if (encoder.pending === 0) await this.#record(place);
  }

  /** First the file, then the word that it is there. */
  async #record(place: Place): Promise<void> {
    const { encoder, part, journal } = this.#options;
    const state = encoder.state();
    await part.sync();
    await journal.append({ place, events: this.#events, bytes: part.length, state });
    this.#timer.recorded();
  }
}
