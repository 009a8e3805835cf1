import type { AppendOutcome, AppendRequest } from './stored-event.ts';

export interface QueuedAppend {
  readonly request: AppendRequest;
  readonly answer: (outcome: AppendOutcome) => void;
}

/** A group is written in one statement: enough to fill the disk's time, little enough for memory. */
const GROUP_EVENTS = 2_000;
const GROUP_BYTES = 8 * 1024 * 1024;
/** Beyond this much waiting the server says that it is busy, rather than to let memory grow. */
const MAX_WAITING_BYTES = 256 * 1024 * 1024;

const sizeOf = (request: AppendRequest): number =>
  request.events.reduce((sum, event) => sum + event.data.length + event.metadata.length + 256, 0);

/** Appends that wait for the writer, each until its deadline. */
export class AppendQueue {
  #waiting: (QueuedAppend & { readonly bytes: number })[] = [];
  #bytes = 0;
  #accepting = false;
  #wake: (() => void) | undefined;

  open(): void {
    this.#accepting = true;
  }

  /** Takes no more; what waits can still be taken. */
  close(): void {
    this.#accepting = false;
    this.wake();
  }

  /** There is no writer: what waits is not going to be written. */
  refuse(): void {
    this.close();
    for (const entry of this.#waiting.splice(0)) entry.answer({ kind: 'not_ready' });
    this.#bytes = 0;
  }

  add(request: AppendRequest): Promise<AppendOutcome> {
    if (!this.#accepting) return Promise.resolve({ kind: 'not_ready' });
    const left = request.deadline - Date.now();
    if (left <= 0) return Promise.resolve({ kind: 'timeout' });
    const bytes = sizeOf(request);
    if (this.#bytes + bytes > MAX_WAITING_BYTES) return Promise.resolve({ kind: 'too_busy' });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ kind: 'timeout' }), left);
      this.#waiting.push({
        request,
        bytes,
        answer: (outcome) => {
          clearTimeout(timer);
          resolve(outcome);
        },
      });
      this.#bytes += bytes;
      this.wake();
    });
  }

  /** The next group, in order of arrival, without those whose deadline has passed: they are never written. */
  take(): readonly QueuedAppend[] {
    const now = Date.now();
    const group: QueuedAppend[] = [];
    let events = 0;
    let bytes = 0;
    let taken = 0;
    for (const entry of this.#waiting) {
      if (
        group.length > 0 &&
        (events + entry.request.events.length > GROUP_EVENTS || bytes + entry.bytes > GROUP_BYTES)
      )
        break;
      taken++;
      this.#bytes -= entry.bytes;
      if (entry.request.deadline <= now) {
        entry.answer({ kind: 'timeout' });
        continue;
      }
      group.push(entry);
      events += entry.request.events.length;
      bytes += entry.bytes;
    }
    this.#waiting.splice(0, taken);
    return group;
  }

  /** Resolves when there may be something to take. */
  filled(): Promise<void> {
    if (this.#waiting.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
