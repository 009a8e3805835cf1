import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCodec } from '../../../shared/events/codec.ts';
import type { EventCatalogue } from '../../../shared/events/schemas/catalogue.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { asRecorded, key, keysInMemory, stamp, userId } from './sample-events.ts';

/**
 * A type that went through three versions: 2 (level 3) splits a name in `personal`, 3 (level 5) renames a field of
 * the payload; and a type that came with level 4.
 */
const catalogue: EventCatalogue = {
  LicenseActivated: [
    {
      level: 1,
      data: z.strictObject({ userId: z.uuid(), seat: z.string(), personal: z.string() }),
      personal: z.strictObject({ name: z.string() }),
    },
    {
      level: 3,
      data: z.strictObject({ userId: z.uuid(), seat: z.string(), personal: z.string() }),
      personal: z.strictObject({ first: z.string(), last: z.string() }),
      fromPrevious: {
        personal: {
          up: ({ name }) => {
            const [first, last] = String(name).split(' ');
            return { first, last };
          },
          down: ({ first, last }) => ({ name: `${first} ${last}` }),
        },
      },
    },
    {
      level: 5,
      data: z.strictObject({ userId: z.uuid(), clientId: z.string(), personal: z.string() }),
      personal: z.strictObject({ first: z.string(), last: z.string() }),
      fromPrevious: {
        data: {
          up: ({ seat, ...others }) => ({ ...others, clientId: seat }),
          down: ({ clientId, ...others }) => ({ ...others, seat: clientId }),
        },
      },
    },
  ],
  LicenseRevoked: [{ level: 4, data: z.strictObject({ userId: z.uuid() }) }],
};

const latest = { userId, clientId: 'c1' };
const activated = {
  type: 'LicenseActivated',
  data: { ...latest, personal: { first: 'Ada', last: 'Lovelace' } },
} as unknown as NewUserEvent;
const codecAt = (writeLevel: number) => createCodec({ catalogue, writeLevel, vault: keysInMemory() });

describe('versions of an event', () => {
  it.each([
    [1, 1, { userId, seat: 'c1' }],
    [2, 1, { userId, seat: 'c1' }],
    [3, 2, { userId, seat: 'c1' }],
    [4, 2, { userId, seat: 'c1' }],
    [5, 3, latest],
    [9, 3, latest],
  ])(
    'at level %i version %i is written, and every reader gets the latest',
    async (level, version, payload) => {
      const written = await codecAt(level).encode(activated, stamp());
      expect(written.metadata.schemaVersion).toBe(version);
      const { personal, ...data } = written.data;
      expect(data).toEqual(payload);

      const read = codecAt(1).decode(asRecorded(written));
      expect(read.event.data).toEqual({ ...latest, personal });
      // As it stood in the log: a history says what was written, not what it is read as.
      expect(read.metadata.schemaVersion).toBe(version);
      expect(codecAt(1).unseal('LicenseActivated', personal as string, key)).toEqual({
        first: 'Ada',
        last: 'Lovelace',
      });
    },
  );

  it('a type above the level is not written, and is read all the same', async () => {
    const revoked = { type: 'LicenseRevoked', data: { userId } } as unknown as NewUserEvent;
    await expect(codecAt(3).encode(revoked, stamp())).rejects.toMatchObject({ code: 'event_not_enabled' });
    const written = await codecAt(4).encode(revoked, stamp());
    expect(codecAt(1).decode(asRecorded(written)).event).toEqual(revoked);
  });
});
