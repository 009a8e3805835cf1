import { createHash } from 'node:crypto';
import type { Proposed } from '../support/event-store/proposed.ts';
import type { Filter, ProposedEvent } from './operation.ts';

/** Names and ids of one run, the same at every store, and used by no other run. */
export class Names {
  readonly #run: string;

  constructor(run: string) {
    this.#run = run;
  }

  stream(number: number): string {
    return `differential-${this.#run}-${number}`;
  }

  /** The number in a stream's name; undefined if it is not this run's. */
  streamNumber(name: string): number | undefined {
    const prefix = `differential-${this.#run}-`;
    return name.startsWith(prefix) ? Number(name.slice(prefix.length)) : undefined;
  }

  type(number: number): string {
    return `differential-${number}`;
  }

  /** @param place where the call stands in its run: ids come again, their contents don't */
  proposed({ id, type, size, lacks }: ProposedEvent, place: number): Proposed {
    return {
      id: lacks === 'id' ? '' : this.#id(id),
      type: lacks === 'type' ? '' : this.type(type),
      contentType: lacks === 'content-type' ? '' : 'application/json',
      data: size === undefined ? JSON.stringify({ place }) : 'x'.repeat(size),
    };
  }

  /** What the filter's expression is. Types have no run in their names: streams of others are left out of answers. */
  expressions(filter: Filter): string[] {
    const names = filter.numbers.map((number) =>
      filter.on === 'stream' ? this.stream(number) : this.type(number),
    );
    return filter.by === 'prefix' ? names : [`^(${names.join('|')})$`];
  }

  #id(number: number): string {
    const hex = createHash('sha256').update(`${this.#run} ${number}`).digest('hex');
    return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
  }
}
