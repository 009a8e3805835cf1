import { createHash } from 'node:crypto';
import { comparePositions, formatPosition, type Position } from '../../shared/event-log/position.ts';
import { type ParquetColumn, tableEncoder } from '../output/parquet.ts';
import type { Entry } from './manifest.ts';

/** A part that is whole: what the manifest says of it, but for who is erased in it and what wrote it. */
export type Part = Omit<Entry, 'erased_to' | 'written_by'>;

/** Where the bytes of parts go. */
export interface PartTarget {
  begin(file: string): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  end(part: Part): Promise<void>;
}

/** What a row is part of. */
export interface Place {
  /** The folder that its part is in: `month=2026-06`. */
  readonly partition: string;
  /** The event that it comes from, if there is one. */
  readonly position?: Position;
  /** Name and version of what it holds. */
  readonly schema: readonly [string, number];
}

export interface PartOptions<R> {
  readonly name: string;
  readonly columns: readonly ParquetColumn<R>[];
  readonly rowsPerFile: number;
  readonly target: PartTarget;
}

const fileOf = (partition: string, number: number): string =>
  `${partition}/part-${String(number).padStart(5, '0')}.parquet`;

/** The partition and number of a part's file. */
export function placeOfFile(file: string): { readonly partition: string; readonly number: number } {
  const at = file.lastIndexOf('/');
  return { partition: file.slice(0, at), number: Number(/\d{5}/.exec(file.slice(at))?.[0]) };
}

class OpenPart<R> {
  readonly partition: string;
  readonly number: number;
  readonly encoder: ReturnType<typeof tableEncoder<R>>;
  rows = 0;
  #bytes = 0;
  #first: Position | undefined;
  #last: Position | undefined;
  readonly #hash = createHash('sha256');
  readonly #versions = new Map<string, number>();

  constructor(partition: string, number: number, { name, columns }: PartOptions<R>) {
    this.partition = partition;
    this.number = number;
    this.encoder = tableEncoder(name, columns);
  }

  get file(): string {
    return fileOf(this.partition, this.number);
  }

  add(row: R, { position, schema }: Place): void {
    this.encoder.add(row);
    this.rows += 1;
    this.#versions.set(...(schema as [string, number]));
    if (!position) return;
    if (!this.#first || comparePositions(position, this.#first) < 0) this.#first = position;
    if (!this.#last || comparePositions(position, this.#last) > 0) this.#last = position;
  }

  written(bytes: Uint8Array): Uint8Array {
    this.#hash.update(bytes);
    this.#bytes += bytes.byteLength;
    return bytes;
  }

  facts(): Part {
    return {
      file: this.file,
      rows: this.rows,
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
      first: this.#first ? formatPosition(this.#first) : null,
      last: this.#last ? formatPosition(this.#last) : null,
      schema_versions: Object.fromEntries([...this.#versions].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }
}

/**
 * Divides rows into parts: a partition is a stretch of rows that follow one another, and each of its parts but the last has
 * as many rows as are asked for.
 */
export class PartWriter<R> {
  readonly #options: PartOptions<R>;
  #part: OpenPart<R> | undefined;
  #before: { readonly partition: string; readonly number: number } | undefined;

  /** @param before the last part that is there already */
  constructor(options: PartOptions<R>, before?: { readonly partition: string; readonly number: number }) {
    this.#options = options;
    this.#before = before;
  }

  async add(row: R, place: Place): Promise<void> {
    const { rowsPerFile, target } = this.#options;
    if (this.#part && this.#part.rows >= rowsPerFile) await this.end();
    const part = await this.begin(place.partition);
    part.add(row, place);
    if (part.encoder.isFull) await target.write(part.written(part.encoder.take()));
  }

  /** The last part is whole. */
  async end(): Promise<void> {
    const part = this.#part;
    if (!part) return;
    const { target } = this.#options;
    await target.write(part.written(part.encoder.finish()));
    this.#part = undefined;
    await target.end(part.facts());
  }

  /** Begins a partition, which then has a part though no row comes; nothing for the one that is open. */
  async begin(partition: string): Promise<OpenPart<R>> {
    if (this.#part?.partition === partition) return this.#part;
    await this.end();
    const number = this.#before?.partition === partition ? this.#before.number + 1 : 1;
    this.#before = { partition, number };
    const part = new OpenPart(partition, number, this.#options);
    await this.#options.target.begin(part.file);
    this.#part = part;
    return part;
  }
}
