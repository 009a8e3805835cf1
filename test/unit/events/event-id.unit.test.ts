import { describe, expect, it } from 'vitest';
import { createCodec } from '../../../shared/events/codec.ts';
import { eventId } from '../../../shared/events/event-id.ts';
import { keysInMemory, renewed, signedUp, stamp } from './sample-events.ts';

const identity = {
  commandId: '5f4d1c2b-6a7e-5b8c-9d0e-1f2a3b4c0005',
  stream: 'user-1',
  index: 0,
  type: 'SubscriptionRenewed',
  data: { a: 1 },
  metadata: { b: 2 },
};

describe('an event’s id', () => {
  it('is the same UUIDv5 for the very same event', () => {
    expect(eventId(identity)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(eventId({ ...identity })).toBe(eventId(identity));
  });

  it.each([
    ['command', { commandId: '5f4d1c2b-6a7e-5b8c-9d0e-1f2a3b4c0006' }],
    ['stream', { stream: 'user-2' }],
    ['index', { index: 1 }],
    ['type', { type: 'UserErased' }],
    ['payload', { data: { a: 2 } }],
    ['metadata', { metadata: { b: 3 } }],
  ])('is another with another %s', (_what, change) => {
    expect(eventId({ ...identity, ...change })).not.toBe(eventId(identity));
  });

  it('is another when personal data is sealed again, and the same when nothing is sealed', async () => {
    const codec = createCodec({ writeLevel: 1, vault: keysInMemory() });
    const idOf = async (event: typeof signedUp | typeof renewed) => (await codec.encode(event, stamp())).id;
    expect(await idOf(signedUp)).not.toBe(await idOf(signedUp));
    expect(await idOf(renewed)).toBe(await idOf(renewed));
  });
});
