import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CommandStamp } from '../../../command-service/execute/stamps.ts';
import type { Holders } from '../../../command-service/reservations/kinds.ts';
import { OutcomeUnknown } from '../../../shared/event-log/errors.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { RESERVATION_KINDS, reservationStream } from '../../../shared/events/streams.ts';
import type { Node } from './nodes.ts';
import { backend, one, other } from './two-nodes.ts';

const newDigest = () => (randomUUID() + randomUUID()).replaceAll('-', '');
const someone = (): Holders['key'] => ({ userId: randomUUID(), id: randomUUID() });
const newStamp = (): CommandStamp => ({
  commandId: randomUUID(),
  actor: { role: 'operator', id: 'test' },
  correlationId: 'test',
});

/** What holds of every kind: one holder, whoever asks, however often, and whatever is cut off. */
describe.each(RESERVATION_KINDS)('a reservation of the kind %s', (kind) => {
  /** Of an email only the user is written down. */
  const shown = (holder: Holders['key']) => (kind === 'email' ? { userId: holder.userId } : holder);
  /** As whoever needs it does: takes it if it is free, and completes what is their own. */
  const take = (node: Node, digest: string, holder: Holders['key']) =>
    node.reservations.settle(kind, digest, newStamp(), async (current) => (current ? undefined : holder));

  it('is free until it is made, and then names its holder on every node', async () => {
    const [digest, holder] = [newDigest(), someone()];
    expect(await one.reservations.read(kind, digest)).toEqual({ holder: undefined, revision: -1 });
    expect(await take(one, digest, holder)).toMatchObject(shown(holder));
    const found = await other.reservations.read(kind, digest);
    expect(found).toEqual({ holder: { ...shown(holder), at: expect.any(Number) }, revision: 0 });
  });

  it('has one holder among many who ask at once on two nodes', async () => {
    const digest = newDigest();
    const holders = Array.from({ length: 20 }, someone);
    const answers = await Promise.all(
      holders.map((holder, n) => take(n % 2 === 0 ? one : other, digest, holder)),
    );
    const { userId } = (await one.reservations.read(kind, digest)).holder ?? {};
    expect(userId).toBeDefined();
    for (const answer of answers) expect(answer?.userId).toBe(userId);
    expect(await backend.stream(reservationStream(kind, digest))).toHaveLength(1);
  });

  it('is not made by whoever was overtaken, frozen before the append', async () => {
    const slow = backend.node();
    const [digest, late, quick] = [newDigest(), someone(), someone()];
    slow.pause = async (point) => {
      if (point === 'reserve.before') await take(other, digest, quick);
    };
    expect(await take(slow, digest, late)).toMatchObject(shown(quick));
    expect(await backend.stream(reservationStream(kind, digest))).toHaveLength(1);
  });

  it('stands after a crash, and names whom the next try is to complete', async () => {
    const killed = backend.node();
    killed.pause = async (point) => {
      if (point === 'reserve.after') throw new Error('killed');
    };
    const [digest, holder] = [newDigest(), someone()];
    await expect(take(killed, digest, holder)).rejects.toThrow('killed');
    expect(await take(other, digest, someone())).toMatchObject(shown(holder));
  });

  it('is made once where the outcome of its append is unknown', async () => {
    const node = backend.node();
    let lost = 0;
    node.append = async (send) => {
      const result = await send();
      lost += 1;
      if (lost === 1) throw new OutcomeUnknown();
      return result;
    };
    const [digest, holder] = [newDigest(), someone()];
    expect(await take(node, digest, holder)).toMatchObject(shown(holder));
    expect(lost).toBe(1);
    expect(await backend.stream(reservationStream(kind, digest))).toHaveLength(1);
  });

  it('is given up, and said to be unknown, where no outcome is ever known', async () => {
    const node = backend.node();
    node.append = async () => {
      throw new OutcomeUnknown();
    };
    await expect(take(node, newDigest(), someone())).rejects.toBeInstanceOf(OutcomeUnknown);
  });
});

it('a reservation that level 1 can not say is not made there', async () => {
  const codec = createCodec({ writeLevel: 1, vault: one.vault });
  const { reservations } = backend.node({ codec });
  const free = { holder: undefined, revision: -1 };
  for (const kind of ['external', 'key', 'trial'] as const) {
    const digest = newDigest();
    await expect(reservations.reserve(kind, digest, free, someone(), newStamp())).rejects.toMatchObject({
      code: 'event_not_enabled',
    });
    expect((await one.reservations.read(kind, digest)).revision).toBe(-1);
  }
  expect(await reservations.reserve('email', newDigest(), free, someone(), newStamp())).toBe(true);
});

describe('an email', () => {
  it('is released by its holder alone, once', async () => {
    const [digest, holder] = [newDigest(), someone()];
    const { reservations } = one;
    await reservations.reserve('email', digest, await reservations.read('email', digest), holder, newStamp());
    expect(await reservations.release(digest, randomUUID(), newStamp())).toBe(false);
    expect(await reservations.release(digest, holder.userId, newStamp())).toBe(true);
    expect(await reservations.release(digest, holder.userId, newStamp())).toBe(false);
    expect(await other.reservations.read('email', digest)).toEqual({ holder: undefined, revision: 1 });
  });
});
