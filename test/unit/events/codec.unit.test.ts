import { compactDecrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  type Codec,
  createCodec,
  createReader,
  isReservationEvent,
  isUserEvent,
  isWebhookEvent,
} from '../../../shared/events/codec.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { ERASED, sealPersonal } from '../../../shared/vault/personal.ts';
import {
  asRecorded,
  key,
  keysInMemory,
  otherKey,
  renewed,
  signedUp,
  stamp,
  userId,
} from './sample-events.ts';

const codecOf = (vault = keysInMemory(), writeLevel = 1): Codec => createCodec({ writeLevel, vault });
const emailStream = `email-${'a'.repeat(64)}`;

describe('encoding', () => {
  it('seals personal data under the user’s key, as a compact JWE that any library opens', async () => {
    const { data } = await codecOf().encode(signedUp, stamp());
    expect(JSON.stringify(data)).not.toContain('ada@example.com');
    const opened = await compactDecrypt(data.personal as string, key);
    expect(opened.protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', evt: 'UserSignedUp', ver: 1 });
    expect(JSON.parse(new TextDecoder().decode(opened.plaintext))).toEqual(signedUp.data.personal);
  });

  it('makes the key with the first event, and only reads it for a later one', async () => {
    const vault = keysInMemory();
    await codecOf(vault).encode(signedUp, stamp());
    const changed = { type: 'PasswordChanged', data: { userId, personal: { passwordHash: 'x' } } } as const;
    await codecOf(vault).encode(changed, stamp());
    await codecOf(vault).encode(renewed, stamp());
    expect(vault.asked).toEqual(['create', 'read']);
  });

  it('refuses to write for a user whose key was erased', async () => {
    const vault = { ...keysInMemory(), dataKey: async () => ERASED as typeof ERASED };
    const event = { type: 'PasswordChanged', data: { userId, personal: { passwordHash: 'x' } } } as const;
    await expect(codecOf(vault).encode(event, stamp())).rejects.toMatchObject({ code: 'data_key_erased' });
  });

  it('writes the version into the metadata, and nothing that is undefined', async () => {
    const { metadata } = await codecOf().encode(renewed, stamp());
    expect(metadata).toEqual({ ...stamp().metadata, schemaVersion: 1 });
  });

  it('refuses a type that came with a later schema level', async () => {
    await expect(codecOf(keysInMemory(), 0).encode(renewed, stamp())).rejects.toMatchObject({
      code: 'event_not_enabled',
    });
  });

  const wrong: [string, object, string?][] = [
    ['a wrong type of a field', { ...renewed, data: { ...renewed.data, endDate: 7 } }],
    ['an unknown field', { ...renewed, data: { ...renewed.data, note: 'x' } }],
    ['a missing field', { ...renewed, data: { userId } }],
    [
      'personal data that does not fit',
      { ...signedUp, data: { ...signedUp.data, personal: { email: 'x' } } },
    ],
    ['personal data in an event without', { ...renewed, data: { ...renewed.data, personal: {} } }],
    ['an unknown type', { ...renewed, type: 'constructor' }],
    ['another user’s stream', renewed, 'user-7b1cbb6e-8a53-4a37-9d3f-0a2a52b0a004'],
    ['an email’s stream', renewed, emailStream],
    ['an email event in a user’s stream', { type: 'EmailReserved', data: { userId } }],
  ];
  it.each(wrong)('refuses %s, before a key is asked for', async (_what, event, stream) => {
    const vault = keysInMemory();
    const encoding = codecOf(vault).encode(event as NewUserEvent, stamp(stream ? { stream } : {}));
    await expect(encoding).rejects.toMatchObject({ code: 'event_invalid' });
    expect(vault.asked).toEqual([]);
  });

  it('names the wrong field and keeps its value out of the message', async () => {
    const event = { ...signedUp, data: { ...signedUp.data, emailDigest: 'ada@example.com' } };
    const failure = await codecOf()
      .encode(event, stamp())
      .catch((error: Error) => error);
    expect(String(failure)).toContain('emailDigest');
    expect(String(failure)).not.toContain('ada@example.com');
  });
});

describe('decoding', () => {
  const reader = createReader();

  it('gives back what was encoded, with the time it was decided', async () => {
    const decidedAt = '2026-02-28T23:59:59.000Z';
    const event = await codecOf().encode(renewed, stamp({ metadata: { ...stamp().metadata, decidedAt } }));
    const decoded = reader.decode(asRecorded(event));
    expect(decoded).toMatchObject({
      id: event.id,
      event: renewed,
      revision: 0,
      created: new Date(decidedAt),
    });
    expect(isUserEvent(decoded)).toBe(true);
  });

  it('tells an email’s event apart', async () => {
    const event = { type: 'EmailReserved', data: { userId } } as const;
    const recorded = asRecorded(await codecOf().encode(event, stamp({ stream: emailStream })), emailStream);
    const decoded = reader.decode(recorded);
    expect(decoded.event).toEqual(event);
    expect(isUserEvent(decoded)).toBe(false);
  });

  it('tells a webhook’s event apart, which stands in the webhook’s own stream alone', async () => {
    const webhookId = '01935a0e-bf77-704c-9d04-9b5c3d6e0009';
    const event = { type: 'WebhookEnabled', data: { webhookId } } as const;
    const stream = `webhook-${webhookId}`;
    const codec = codecOf(keysInMemory(), 2);
    const recorded = asRecorded(await codec.encode(event, stamp({ stream })), stream);
    const decoded = reader.decode(recorded);
    expect(decoded.event).toEqual(event);
    expect([isUserEvent, isReservationEvent, isWebhookEvent].map((is) => is(decoded))).toEqual([
      false,
      false,
      true,
    ]);
    expect(() => reader.decode({ ...recorded, stream: `user-${webhookId}` })).toThrow('stream');
    expect(() => codec.check(event, `webhook-${userId}`)).toThrow('belong');
  });

  it.each([
    ['type', { type: 'SubscriptionGifted' }],
    ['type that objects have', { type: '__proto__' }],
    ['version', { metadata: { ...stamp().metadata, schemaVersion: 2 } }],
    ['metadata', { metadata: {} }],
    ['shape', { data: { ...renewed.data, endDate: 'soon' } }],
    ['field', { data: { ...renewed.data, extra: 1 } }],
    ['place', { stream: 'user-7b1cbb6e-8a53-4a37-9d3f-0a2a52b0a004' }],
    ['stream', { stream: emailStream }],
  ])('stops at an unknown %s', async (_what, change) => {
    const recorded = { ...asRecorded(await codecOf().encode(renewed, stamp())), ...change };
    expect(() => reader.decode(recorded)).toThrow(expect.objectContaining({ code: 'unknown_event' }));
  });
});

describe('unsealing', () => {
  const reader = createReader();
  const sealedOf = async () => (await codecOf().encode(signedUp, stamp())).data.personal as string;

  it('opens under the user’s key, out of one of several types', async () => {
    const sealed = await sealedOf();
    expect(reader.unseal('UserSignedUp', sealed, key)).toEqual(signedUp.data.personal);
    const credentials = reader.unseal(['UserSignedUp', 'PasswordChanged'], sealed, key);
    expect(credentials.passwordHash).toBe('$argon2id$hash');
  });

  it('is empty under a tombstone', async () => {
    expect(reader.unseal('UserSignedUp', await sealedOf(), ERASED)).toEqual({});
  });

  it('refuses another key, another type, a changed byte and what is no JWE of ours', async () => {
    const sealed = await sealedOf();
    const unreadable = expect.objectContaining({ code: 'personal_unreadable' });
    const [header, , iv, text, tag] = sealed.split('.') as [string, string, string, string, string];
    const foreign = Buffer.from('{"alg":"dir","enc":"A256GCM","evt":"UserSignedUp","ver":1,"zip":"DEF"}');
    const flipped = `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
    expect(() => reader.unseal('UserSignedUp', sealed, otherKey)).toThrow(unreadable);
    expect(() => reader.unseal('PasswordChanged', sealed, key)).toThrow(unreadable);
    for (const changed of [
      `${header}..${iv}.${flipped}.${tag}`,
      `${header}..${iv}.${text}.${tag.slice(0, 6)}`,
      `${foreign.toString('base64url')}..${iv}.${text}.${tag}`,
      `${header}.x.${iv}.${text}.${tag}`,
      `${sealed}.x`,
      'not a jwe',
      '',
    ]) {
      expect(() => reader.unseal('UserSignedUp', changed, key), changed).toThrow(unreadable);
    }
  });

  it('refuses personal data of a version or shape that is not known', async () => {
    const unreadable = expect.objectContaining({ code: 'personal_unreadable' });
    const later = sealPersonal({ type: 'UserSignedUp', version: 2 }, {}, key);
    const wrong = sealPersonal({ type: 'UserSignedUp', version: 1 }, { email: 1 }, key);
    expect(() => reader.unseal('UserSignedUp', later, key)).toThrow(unreadable);
    expect(() => reader.unseal('UserSignedUp', wrong, key)).toThrow(unreadable);
  });
});
