import { randomUUID } from 'node:crypto';
import type { UUID } from '@eventstore/db-client/generated/shared_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { OutcomeUnknown } from '../../event-log/errors.ts';
import { type Append, NotTried, TimedOut, toError, toPlace, toRequest } from './append-message.ts';
import type { BatchCall } from './calls.ts';
import { isNotTried, notLeader } from './faults.ts';
import type { Endpoint } from './nodes/endpoint.ts';

export type Place = ReturnType<typeof toPlace>;

interface Pending {
  readonly stream: string;
  readonly resolve: (place: Place) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Appends over one call, any number at once. It takes no more once it has failed or kept an append waiting: perhaps the
 * node is slow, perhaps it is frozen or cut off, and the next append goes to whoever leads then.
 */
export class AppendCall {
  readonly #call: BatchCall;
  readonly #pending = new Map<string, Pending>();
  readonly #onRetired: (leader?: Endpoint) => void;
  #retired = false;

  /** @param onRetired told once; with the leader, if the node has said who it is */
  constructor(call: BatchCall, onRetired: (leader?: Endpoint) => void) {
    this.#call = call;
    this.#onRetired = onRetired;
    call.on('data', (response: BatchAppendResp) => this.#settle(response));
    call.on('error', (error: Error) => this.#fail(error));
    call.on('end', () => {
      // Without this the other half would stay open.
      call.end();
      this.#fail(new Error('the event store ended the call'));
    });
  }

  /**
   * @throws WrongExpectedRevision, AppendRefused, NotTried as the event store answered
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
    else this.#refuse(pending, toError(response.getError(), pending.stream));
    this.#cancelWhenIdle();
  }

  #refuse(pending: Pending, error: Error): void {
    if (error instanceof TimedOut) this.#retire();
    pending.reject(error);
  }

  #expire(id: string): void {
    this.#take(id)?.reject(new TimedOut({ cause: new Error('the deadline passed') }));
    this.#retire();
    this.#cancelWhenIdle();
  }

  /**
   * A node that is not the leader ends the call for the first append that it refuses. Which one that is, it doesn't say:
   * those beside it may have been taken while it still led.
   */
  #fail(cause: Error): void {
    const refused = !this.#retired && isNotTried(cause);
    const sure = this.#pending.size === 1;
    this.#retire(notLeader(cause)?.leader);
    for (const id of [...this.#pending.keys()]) {
      this.#take(id)?.reject(refused ? new NotTried(sure, { cause }) : new OutcomeUnknown({ cause }));
    }
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    clearTimeout(pending?.timer);
    return pending;
  }

  #retire(leader?: Endpoint): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#onRetired(leader);
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
