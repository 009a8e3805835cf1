import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { accepted } from '../../../command-service/domain/decision.ts';
import { createExecuteCommand } from '../../../command-service/execute/loop/execute-command.ts';
import { UserQueue } from '../../../command-service/execute/loop/user-queue.ts';
import { UserStates } from '../../../command-service/execute/states/user-states.ts';
import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import type { NewEvent, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { newKey } from '../../../shared/vault/wrapping.ts';
import { activated, NOW, signedUp, started, USER } from '../domain/given.ts';

/** A log of one stream in memory. Reads fail while it is cut off. */
class OneStream {
  readonly events: RecordedEvent[] = [];
  readsToFail = 0;

  async append(stream: string, events: readonly NewEvent[]) {
    for (const event of events) {
      const revision = this.events.length;
      const position = { commit: BigInt(revision + 1), prepare: BigInt(revision + 1) };
      this.events.push({ ...event, stream, revision, position, created: new Date(NOW) });
    }
    const { revision, position } = this.events.at(-1) as RecordedEvent;
    return { revision, position };
  }

  async *readStream(_: string, { from = 0 }: { readonly from?: number } = {}) {
    if (this.readsToFail > 0) {
      this.readsToFail -= 1;
      throw new EventStoreUnavailable();
    }
    yield* this.events.slice(from);
  }
}

it('an append that was acknowledged is not said to be undone by the read that follows it', async () => {
  const log = new OneStream();
  const key = newKey();
  const codec = createCodec({
    writeLevel: 2,
    vault: { createDataKey: async () => key, dataKey: async () => key },
  });
  const snapshots = { load: async () => undefined, save: async () => {}, remove: async () => {} };
  const states = new UserStates({ log, reader: codec, maxBytes: 1e6, readDeadlineMs: 1_000, snapshots });
  const executeCommand = createExecuteCommand({
    dependencies: { clock: () => NOW, catalogue: { products: new Map() }, codec },
    states,
    queue: new UserQueue(),
    append: async (stream, _, events) => {
      const result = await log.append(stream, events);
      log.readsToFail = 1;
      return result;
    },
  });
  const stamp = {
    commandId: randomUUID(),
    correlationId: 'test',
    actor: { role: 'operator', id: 'test' },
  } as const;
  const decide = () => accepted(signedUp, started(), activated(1));
  expect(await executeCommand({ userId: USER, stamp, decide })).toMatchObject({ kind: 'done', revision: 2 });
  expect(log.events).toHaveLength(3);
});
