import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { UserStates } from '../../../projector/notifier/webhooks/user-states.ts';
import { EventStoreUnavailable, StreamDeleted } from '../../../shared/event-log/errors.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { createReader } from '../../../shared/events/codec.ts';
import type { Recorded, UserEvent } from '../../../shared/events/types.ts';
import { ERASED } from '../../../shared/vault/personal.ts';

const userId = randomUUID();
const later: Recorded<UserEvent> = {
  id: randomUUID(),
  event: { type: 'SessionsEnded', data: { userId } },
  stream: `user-${userId}`,
  revision: 4,
  position: { commit: 9n, prepare: 9n },
  created: new Date(0),
  metadata: {
    $correlationId: 'c',
    $causationId: 'c',
    commandId: randomUUID(),
    actor: { role: 'operator', id: 'test' },
    schemaVersion: 1,
  },
};

/** Over a log whose streams read as this one does: no local store deletes streams, or ends a read halfway. */
const over = (readStream: EventLog['readStream']) =>
  new UserStates({
    log: { readStream },
    reader: createReader(),
    vault: { dataKeys: async (ids) => new Map(ids.map((id) => [id, ERASED])) },
    db: { query: async () => ({ rows: [] }) } as never,
  });

it('a user whose stream was deleted by hand is left out, and stops nothing', async () => {
  const states = over(() => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new StreamDeleted()) }),
  }));
  expect(await states.after(later)).toEqual({ fault: 'the stream was deleted by hand' });
});

it('a read that ended before the event is no state: it is tried again', async () => {
  const states = over(() => ({
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
  }));
  await expect(states.after(later)).rejects.toThrow(EventStoreUnavailable);
});
