import { decide, type StreamFacts } from './decide.ts';
import { RecentIds } from './recent-ids.ts';
import type { WriterSession } from './session.ts';
import { type AppendOutcome, type AppendRequest, NO_STREAM, type StoredEvent } from './stored-event.ts';

/** EventStoreDB remembers ids within 8 MB; this is about as many. */
const RECENT_IDS = 100_000;
const CACHED_STREAMS = 100_000;

/**
 * Decides appends in order and gives them their revisions and positions. It knows what it has decided before it is
 * committed, so it lives and dies with its session: after a failed commit a new one starts from the database.
 */
export class Batcher {
  readonly #session: WriterSession;
  readonly #now: () => number;
  /** Last revision by stream; least recently used first. */
  readonly #revisions = new Map<string, number>();
  readonly #recent = new RecentIds(RECENT_IDS);
  #head: number;

  constructor(session: WriterSession, now: () => number) {
    this.#session = session;
    this.#now = now;
    this.#head = session.head;
  }

  /** The events to be written, and what to answer to each request once they are. */
  async prepare(requests: readonly AppendRequest[]): Promise<{
    events: readonly StoredEvent[];
    outcomes: readonly AppendOutcome[];
  }> {
    await this.#loadRevisions(requests);
    const events: StoredEvent[] = [];
    const outcomes: AppendOutcome[] = [];
    for (const request of requests) outcomes.push(await this.#settle(request, events));
    this.#forgetStreams();
    return { events, outcomes };
  }

  async #settle(request: AppendRequest, events: StoredEvent[]): Promise<AppendOutcome> {
    const current = this.#revisions.get(request.stream) ?? NO_STREAM;
    const facts: StreamFacts = {
      current,
      recent: (id) => this.#recent.find(id, request.stream),
      history: (from, count) => this.#session.history(request.stream, from, count),
    };
    const decision = await decide(request, facts);
    if (decision.kind === 'wrong_expected_revision') return { kind: decision.kind, current };
    if (decision.kind === 'repeat') return { kind: 'appended', ...decision.last };
    return this.#place(request, current, events);
  }

  #place(request: AppendRequest, current: number, events: StoredEvent[]): AppendOutcome {
    const created = this.#now();
    let revision = current;
    for (const proposed of request.events) {
      const event = {
        ...proposed,
        stream: request.stream,
        revision: ++revision,
        position: ++this.#head,
        created,
      };
      events.push(event);
      this.#recent.add(event);
    }
    this.#revisions.delete(request.stream);
    this.#revisions.set(request.stream, revision);
    return {
      kind: 'appended',
      revision,
      position: request.events.length === 0 ? undefined : this.#head,
    };
  }

  async #loadRevisions(requests: readonly AppendRequest[]): Promise<void> {
    const streams = new Set(requests.map((request) => request.stream));
    const unknown = [...streams].filter((stream) => !this.#revisions.has(stream));
    if (unknown.length === 0) return;
    for (const [stream, revision] of await this.#session.lastRevisions(unknown)) {
      this.#revisions.set(stream, revision);
    }
  }

  /** Only between batches: within one, every stream asked for has to stay known. */
  #forgetStreams(): void {
    for (const stream of this.#revisions.keys()) {
      if (this.#revisions.size <= CACHED_STREAMS) return;
      this.#revisions.delete(stream);
    }
  }
}
