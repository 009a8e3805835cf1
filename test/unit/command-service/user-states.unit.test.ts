import { describe, expect, it } from 'vitest';
import { licensesOf } from '../../../command-service/domain/licenses/state.ts';
import { approximateBytes, type UserState } from '../../../command-service/domain/user-state.ts';
import type { Snapshots } from '../../../command-service/execute/states/snapshots.ts';
import { UserStates } from '../../../command-service/execute/states/user-states.ts';
import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import type { ReadStreamOptions, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { UnknownEvent } from '../../../shared/events/errors.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { uuidv5 } from '../../../shared/ids.ts';
import { activated, NOW, recorded, signedUp, started, USER } from '../domain/given.ts';

const activeOf = (state: UserState) => licensesOf(state.licenses, 'app').active;

const user = (n: number) => uuidv5(USER, String(n));

/** Streams in memory, and how they were read. */
class Streams {
  readonly reads: ReadStreamOptions[] = [];
  readonly #streams = new Map<string, RecordedEvent[]>();

  add(userId: string, ...events: readonly NewUserEvent[]): this {
    const name = `user-${userId}`;
    const stream = this.#streams.get(name) ?? [];
    this.#streams.set(name, stream);
    for (const event of events) {
      const { id, event: held, revision, position, metadata } = recorded(event, stream.length);
      const data = { ...held.data, userId };
      stream.push({
        id,
        type: held.type,
        data,
        stream: name,
        revision,
        position,
        created: new Date(NOW),
        metadata,
      });
    }
    return this;
  }

  change(userId: string, revision: number, to: Partial<RecordedEvent>): void {
    const stream = this.#streams.get(`user-${userId}`) ?? [];
    stream[revision] = { ...(stream[revision] as RecordedEvent), ...to };
  }

  async *readStream(name: string, options: ReadStreamOptions = {}) {
    this.reads.push(options);
    for (const event of this.#streams.get(name) ?? []) if (event.revision >= (options.from ?? 0)) yield event;
  }
}

const NO_SNAPSHOTS: Snapshots = { load: async () => undefined, save: async () => {}, remove: async () => {} };

const statesOf = (log: Pick<Streams, 'readStream'>, maxBytes = 1_000_000) =>
  new UserStates({ log, reader: createReader(), maxBytes, readDeadlineMs: 50, snapshots: NO_SNAPSHOTS });

describe('the states of users', () => {
  it('are read once, and then only from where they end', async () => {
    const log = new Streams().add(USER, signedUp, started());
    const states = statesOf(log);
    expect((await states.readToEnd(USER)).revision).toBe(1);
    log.add(USER, activated(1));
    expect(activeOf(await states.readToEnd(USER))).toBe(1);
    expect(log.reads.map(({ from }) => from)).toEqual([0, 2]);
    expect(states.peek(USER)?.revision).toBe(2);
  });

  it('of users without a history are not kept', async () => {
    const states = statesOf(new Streams());
    expect((await states.readToEnd(USER)).account.status).toBe('none');
    expect(states).toMatchObject({ size: 0, bytes: 0 });
  });

  it('are kept within their bound, the least recently used dropped first', async () => {
    const log = new Streams();
    for (let n = 0; n < 4; n += 1) log.add(user(n), signedUp);
    const one = approximateBytes(await statesOf(log).readToEnd(user(0)));
    const states = statesOf(log, 3 * one);
    for (const n of [0, 1, 2, 0, 3]) await states.readToEnd(user(n));
    expect([0, 1, 2, 3].map((n) => states.peek(user(n)) !== undefined)).toEqual([true, false, true, true]);
    expect(states).toMatchObject({ size: 3, bytes: 3 * one });
  });

  it('larger than the bound are not kept at all', async () => {
    const states = statesOf(new Streams().add(USER, signedUp), 10);
    expect((await states.readToEnd(USER)).revision).toBe(0);
    expect(states).toMatchObject({ size: 0, bytes: 0 });
  });

  it('larger than the bound push no others out, and leave when they have grown beyond it', async () => {
    const log = new Streams().add(user(1), signedUp).add(USER, signedUp);
    const [one, two] = [await statesOf(log).readToEnd(user(1)), await statesOf(log).readToEnd(USER)];
    const states = statesOf(log, approximateBytes(one) + approximateBytes(two));
    for (const userId of [user(1), USER]) await states.readToEnd(userId);
    log.add(USER, started(), activated(1), activated(2), activated(3));
    expect((await states.readToEnd(USER)).revision).toBe(4);
    expect([user(1), USER].map((userId) => states.peek(userId)?.revision)).toEqual([0, undefined]);
    expect(states).toMatchObject({ size: 1, bytes: approximateBytes(one) });
  });

  it('are never folded past an event that is not known; another user’s go on', async () => {
    const log = new Streams().add(USER, signedUp, started(), activated(1)).add(user(1), signedUp);
    log.change(USER, 1, { type: 'SubscriptionPaused' });
    const states = statesOf(log);
    for (let times = 0; times < 2; times += 1) {
      await expect(states.readToEnd(USER)).rejects.toThrow(UnknownEvent);
      expect(states.peek(USER)?.revision).toBe(0);
    }
    expect((await states.readToEnd(user(1))).revision).toBe(0);
  });

  it('go on behind what another program wrote, which changes nothing but the revision', async () => {
    const log = new Streams().add(USER, signedUp, started(), activated(1), activated(2));
    log.change(USER, 2, { metadata: {} });
    const state = await statesOf(log).readToEnd(USER);
    expect(state.revision).toBe(3);
    expect(activeOf(state)).toBe(1);
  });

  it('are not taken for complete when the read was cut off', async () => {
    const log = {
      // Like the adapter: an aborted read ends without an error.
      async *readStream(_: string, { signal }: ReadStreamOptions = {}): AsyncGenerator<RecordedEvent> {
        await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      },
    };
    await expect(statesOf(log).readToEnd(USER)).rejects.toThrow(EventStoreUnavailable);
  });

  it('refuse a stream with a gap', async () => {
    const log = new Streams().add(USER, signedUp, started());
    log.change(USER, 1, { revision: 2 });
    await expect(statesOf(log).readToEnd(USER)).rejects.toThrow('goes on at 2 after 0');
  });
});
