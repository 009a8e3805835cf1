import { createSecretKey, randomBytes } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import { openPersonal, sealPersonal } from '../../../shared/vault/personal.ts';

const key = createSecretKey(randomBytes(32));
const kind = { type: 'UserSignedUp', version: 1 };
const personal = { email: 'ada@example.com', passwordHash: 'ß'.repeat(200) };

describe('sealed personal data', () => {
  it('is a JWE that another implementation opens', async () => {
    const { plaintext, protectedHeader } = await compactDecrypt(sealPersonal(kind, personal, key), key);
    expect(JSON.parse(Buffer.from(plaintext).toString())).toEqual(personal);
    expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', evt: 'UserSignedUp', ver: 1 });
  });

  it('is opened here when another implementation sealed it', async () => {
    const sealed = await new CompactEncrypt(Buffer.from(JSON.stringify(personal)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', evt: kind.type, ver: kind.version })
      .encrypt(key);
    expect(openPersonal(sealed, key)).toEqual({ ...kind, personal });
  });

  it('is another text each time, and opens to the same', () => {
    const [one, two] = [sealPersonal(kind, personal, key), sealPersonal(kind, personal, key)];
    expect(one).not.toBe(two);
    expect(openPersonal(one, key)).toEqual(openPersonal(two, key));
  });

  it.each([0, 2, 3, 4])('does not open with its part %i changed', (part) => {
    const parts = sealPersonal(kind, personal, key).split('.');
    const text = parts[part] as string;
    parts[part] = (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    expect(() => openPersonal(parts.join('.'), key)).toThrow();
  });

  it('does not open under another key', () => {
    expect(() => openPersonal(sealPersonal(kind, personal, key), createSecretKey(randomBytes(32)))).toThrow();
  });
});
