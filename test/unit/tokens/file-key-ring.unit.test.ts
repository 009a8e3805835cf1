import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { changeSecretFile } from '../../../shared/files/secret-file.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { openKeyRings } from '../../../shared/tokens/file-key-ring.ts';
import { PUBLISH_LEAD_MS } from '../../../shared/tokens/key-ring.ts';
import { rotated, SWITCH_MS, withdrawn } from '../../../shared/tokens/ring-changes.ts';
import { formatRings, newRing, newRings, type Ring } from '../../../shared/tokens/ring-model.ts';
import { eventually } from '../../support/eventually.ts';
import { testRing } from './rings.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const open = (file: string, production: boolean) =>
  openKeyRings({ file, production, clock: () => Date.now(), logger });

const kids = (ring: { jwks(): { keys: readonly { kid: string }[] } }) =>
  ring.jwks().keys.map((key) => key.kid);

describe('opening', () => {
  it('makes a ring of mode 0600 outside production, with nothing beside it', async () => {
    using test = await testRing();
    expect(statSync(test.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(test.file))).toEqual(['ring.json']);
    expect(kids(test.ring)).toEqual([test.ring.signingKey().kid]);
  });

  it('by many processes at once gives all of them one ring', async () => {
    using test = await testRing();
    const file = path.join(path.dirname(test.file), 'other.json');
    const rings = await Promise.all(Array.from({ length: 20 }, () => open(file, false)));
    expect(new Set(rings.map((ring) => ring.lease.signingKey().kid)).size).toBe(1);
    for (const ring of rings) ring.close();
  });

  it('refuses a missing file in production, and says what to do', async () => {
    using test = await testRing();
    const file = path.join(path.dirname(test.file), 'missing.json');
    await expect(open(file, true)).rejects.toThrow(/KEYRING_FILE: there is no file .*cli keys init/);
    expect(existsSync(file)).toBe(false);
  });

  it('reads the one ring of an older release as the ring of every kind, and keeps it as it is', async () => {
    using test = await testRing();
    const before = JSON.stringify(newRing(test.now));
    writeFileSync(test.file, before);
    await test.rings.refresh();
    const [{ kid }] = JSON.parse(before).keys;
    for (const ring of [test.rings.access, test.rings.activation, test.rings.lease]) {
      expect(ring.signingKey().kid).toBe(kid);
    }
    expect(readFileSync(test.file, 'utf8')).toBe(before);
    await test.change((ring) => withdrawn(ring, kid, test.now)?.ring as Ring);
    test.now += SWITCH_MS;
    expect(test.rings.activation.accepts(kid)).toBe(false);
    expect(test.rings.access.accepts(kid)).toBe(true);
    expect(kids(test.rings.lease)).toEqual([kid]);
  });

  it('refuses a broken file anywhere', async () => {
    using test = await testRing();
    writeFileSync(test.file, '{"keys":');
    await expect(open(test.file, false)).rejects.toMatchObject({ code: 'config_invalid' });
  });
});

describe('following the file', () => {
  it('shows a new key at once and signs with it when it is due', async () => {
    using test = await testRing();
    const { kid } = test.ring.signingKey();
    await test.change((ring) => rotated(ring, test.now, PUBLISH_LEAD_MS).ring);
    const [, added] = kids(test.ring);
    expect(test.ring.signingKey().kid).toBe(kid);
    test.now += PUBLISH_LEAD_MS;
    expect(test.ring.signingKey().kid).toBe(added);
    expect(test.ring.accepts(kid)).toBe(true);
  });

  it('drops a withdrawn key when its time comes', async () => {
    using test = await testRing();
    const { kid } = test.ring.signingKey();
    await test.change((ring) => withdrawn(ring, kid, test.now)?.ring as Ring);
    expect(test.ring.accepts(kid)).toBe(true);
    test.now += SWITCH_MS;
    expect(test.ring.accepts(kid)).toBe(false);
    expect(test.ring.verifyingKey(kid)).toBeUndefined();
    expect(kids(test.ring)).toEqual([test.ring.signingKey().kid]);
  });

  it('keeps the last good ring while the file is broken, and says so once', async () => {
    using test = await testRing();
    const { kid } = test.ring.signingKey();
    writeFileSync(test.file, 'broken');
    await test.rings.refresh();
    await test.rings.refresh();
    expect(test.ring.signingKey().kid).toBe(kid);
    expect(test.lines.filter((line) => line.includes('key_rings_unreadable'))).toHaveLength(1);
    writeFileSync(test.file, formatRings(newRings(test.now)));
    await test.rings.refresh();
    expect(test.ring.accepts(kid)).toBe(false);
  });

  it('looks at the file by itself', async () => {
    using test = await testRing(20);
    await changeSecretFile(test.file, async () =>
      formatRings({ ...test.content(), activation: rotated(test.content().activation, test.now, 1).ring }),
    );
    await eventually('the new key to be published', () => kids(test.ring).length === 2);
  });

  it('shows no private part in the key set', async () => {
    using test = await testRing();
    expect(Object.keys(test.ring.jwks().keys[0] ?? {}).sort()).toEqual(['crv', 'kid', 'kty', 'use', 'x']);
  });

  it('has no key to sign with when all are withdrawn by hand', async () => {
    using test = await testRing();
    const withdrawnAt = new Date(test.now).toISOString();
    await test.change(({ keys }) => ({ keys: keys.map((key) => ({ ...key, withdrawnAt })) }));
    expect(() => test.ring.signingKey()).toThrow(expect.objectContaining({ code: 'no_signing_key' }));
  });
});

describe('changing the file', () => {
  it('keeps its mode, and loses no change of two at once', async () => {
    using test = await testRing();
    chmodSync(test.file, 0o640);
    const change = () => test.change((ring) => rotated(ring, test.now, 1).ring);
    const results = await Promise.allSettled([change(), change()]);
    const done = results.filter((result) => result.status === 'fulfilled').length;
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(test.content().activation.keys).toHaveLength(1 + done);
    expect(refused).toEqual(refused.map(() => 'secret_file_busy'));
    expect(statSync(test.file).mode & 0o777).toBe(0o640);
  });

  it('leaves the file as it was when the change fails', async () => {
    using test = await testRing();
    const before = test.content();
    await expect(changeSecretFile(test.file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(test.content()).toEqual(before);
    expect(readdirSync(path.dirname(test.file))).toEqual(['ring.json']);
  });
});
