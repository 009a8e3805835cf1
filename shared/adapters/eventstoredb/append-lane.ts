import { randomUUID } from 'node:crypto';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { OutcomeUnknown } from '../../event-log-errors.ts';
import { type Append, toError, toPlace, toRequest } from './append-message.ts';
import type { BatchStream } from './connection.ts';

export type Place = ReturnType<typeof toPlace>;

interface Pending {
  readonly stream: string;
  readonly resolve: (place: Place) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** Appends over one call, any number at once. Once it has failed or kept an append waiting it takes no more. */
export class AppendLane {
  readonly #call: BatchStream;
  readonly #pending = new Map<string, Pending>();
  readonly #onRetired: () => void;
  #retired = false;

  constructor(call: BatchStream, onRetired: () => void) {
    this.#call = call;
    this.#onRetired = onRetired;
    call.on('data', (response: BatchAppendResp) => this.#settle(response));
    call.on('error', (error: Error) => this.#fail(error));
    call.on('end', () => {
      // Without this the client would wait for the other half for ever when it is closed.
      call.end();
      this.#fail(new Error('the event store ended the call'));
    });
  }

  /**
   * @throws WrongExpectedRevision, AppendRefused, EventStoreUnavailable as the event store answered
   * @throws OutcomeUnknown it did not answer in time, or the connection broke
   */
  append(append: Append, deadline: number): Promise<Place> {
    return new Promise((resolve, reject) => {
      const id = randomUUID();
      const timer = setTimeout(() => this.#expire(id), deadline - Date.now());
      this.#pending.set(id, { stream: append.stream, resolve, reject, timer });
      this.#call.write(toRequest(append, id, new Date(deadline)));
    });
  }

  #settle(response: BatchAppendResp): void {
    const pending = this.#take(idOf(response.getCorrelationId()));
    // Too late: the caller has been told that the outcome is unknown.
    if (!pending) return;
    const success = response.getSuccess();
    if (success) pending.resolve(toPlace(success));
    else pending.reject(toError(response.getError(), pending.stream));
    this.#cancelWhenIdle();
  }

  /** Perhaps the event store is slow, perhaps the connection is dead: the next append tries another call. */
  #expire(id: string): void {
    this.#take(id)?.reject(new OutcomeUnknown({ cause: new Error('the deadline passed') }));
    this.#retire();
    this.#cancelWhenIdle();
  }

  #fail(cause: Error): void {
    this.#retire();
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(new OutcomeUnknown({ cause }));
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }

  #retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#onRetired();
  }

  #cancelWhenIdle(): void {
    if (this.#retired && this.#pending.size === 0) this.#call.cancel();
  }
}

/** The form that it was sent in, whichever it comes back in. */
function idOf(uuid: UUID | undefined): string {
  const structured = uuid?.getStructured();
  if (!structured) return uuid?.getString() ?? '';
  const half = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  const hex = half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}
