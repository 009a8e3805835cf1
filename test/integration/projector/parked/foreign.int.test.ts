import { randomUUID } from 'node:crypto';
import { binaryEvent, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { userStream } from '../../../../shared/events/streams.ts';
import { type StandInNode, startNode } from '../../../support/cluster/node.ts';
import { TOMBSTONE } from '../../../support/cluster/tombstones.ts';
import { eventually } from '../../../support/eventually.ts';
import { instant } from '../author.ts';
import { createSystem, projected, readiness, type System, tool } from '../system.ts';

let system: System;
let node: StandInNode;
/** Another program. */
let other: EventStoreDBClient;
beforeEach(async () => {
  system = await createSystem();
  node = await startNode({ storePort: Number(new URL(system.env().EVENTSTORE_URL).port) });
  other = EventStoreDBClient.connectionString(system.env().EVENTSTORE_URL);
});
afterEach(async () => {
  await other.dispose();
  await system[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

const parked = async () => {
  const { rows } = await system.pool.query(
    'SELECT user_id, revision, type, cause FROM read_model.parked_events ORDER BY position_commit',
  );
  return rows.map(({ user_id: userId, revision, ...rest }) => ({
    userId,
    revision: Number(revision),
    ...rest,
  }));
};
const ready = (projector: { readonly url: string }) =>
  eventually('ready', async () => (await readiness(projector)).status === 200);
const userRow = async (userId: string) =>
  (await system.pool.query('SELECT revision FROM read_model.users WHERE user_id = $1', [userId])).rows[0];

describe('what another program writes', () => {
  test.each([
    ['of a type of its own', () => jsonEvent({ type: 'NoteTaken', data: { text: 'call back' } })],
    ['of a type of ours', () => jsonEvent({ type: 'LicenseActivated', data: { licenseId: 1 } })],
    [
      'with metadata of its own',
      () => jsonEvent({ type: 'Imported', data: {}, metadata: { $correlationId: 'x', by: 'a script' } }),
    ],
    ['that is not JSON', () => binaryEvent({ type: 'Picture', data: Buffer.from([0, 1, 2]) })],
  ])('into a user\u2019s stream, %s, is parked with its user; everyone else goes on', async (_kind, make) => {
    const projector = await system.project();
    const [user, bystander] = [system.author(), system.author()];
    await projected(system, await user.signUp());
    const event = make();
    await other.appendToStream(userStream(user.userId), event);
    await projected(system, await bystander.signUp());
    expect(await parked()).toEqual([
      {
        userId: user.userId,
        revision: 1,
        type: event.type,
        cause: expect.stringContaining('another program wrote it'),
      },
    ]);
    await ready(projector);

    expect(await tool(system, 'parked', 'skip', event.id)).toMatchObject({ code: 0 });
    await eventually('settled', async () => (await parked()).length === 0);
    expect(await userRow(user.userId)).toEqual({ revision: '1' });
  });

  test('into streams of nobody is passed over', async () => {
    const projector = await system.project();
    await other.appendToStream('user-nobody', jsonEvent({ type: 'NoteTaken', data: {} }));
    await other.appendToStream(`email-${randomUUID()}`, jsonEvent({ type: 'EmailReserved', data: {} }));
    await projected(system, await system.author().signUp());
    expect(await parked()).toEqual([]);
    await ready(projector);
  });
});

describe('a stream that was tombstoned', () => {
  test('is parked with its user, and can be let go; everyone else goes on', async () => {
    const projector = await system.project({ EVENTSTORE_URL: node.connectionString });
    const [user, bystander, next] = [system.author(), system.author(), system.author()];
    await projected(system, await user.signUp());
    node.tombstoned = userStream(user.userId);
    const tombstone = jsonEvent({ type: TOMBSTONE, data: {} });
    await other.appendToStream(node.tombstoned, tombstone);
    await projected(system, await bystander.signUp());
    expect(await parked()).toEqual([
      { userId: user.userId, revision: 1, type: '$streamDeleted', cause: expect.stringContaining('deleted') },
    ]);

    expect(await tool(system, 'parked', 'retry', tombstone.id)).toMatchObject({ code: 0 });
    await eventually('it failed again', async () => (await parked())[0]?.cause === 'its stream was deleted');
    expect(await tool(system, 'parked', 'skip', tombstone.id)).toMatchObject({ code: 0 });
    await eventually('settled', async () => (await parked()).length === 0);
    await projected(system, await next.signUp());
    await ready(projector);
  });

  test('does not stop what is filled in from the log', async () => {
    const first = await system.project();
    const [user, next] = [system.author(), system.author()];
    await user.signUp();
    const endDate = instant(Date.now());
    const data = { userId: user.userId, subscriptionId: await user.subscribe(), endDate, personal: {} };
    await projected(system, await user.append({ type: 'SubscriptionCancelled', data }));
    await first.stop();
    await system.pool.query('UPDATE read_model.subscriptions SET cancelled_by = NULL');
    node.tombstoned = userStream(user.userId);
    const projector = await system.project({ EVENTSTORE_URL: node.connectionString });
    await projected(system, await next.signUp());
    await ready(projector);
  });
});
