import { describe, expect, it } from 'vitest';
import { newKey, unwrapKey, wrapKey } from '../../../shared/vault/wrapping.ts';

const unreadable = expect.objectContaining({ code: 'vault_key_unreadable' });

describe('a wrapped key', () => {
  const master = newKey();
  const key = newKey();

  it('is unwrapped under the same master key and name', () => {
    const wrapped = wrapKey(key, master, 'user-1');
    expect(unwrapKey(wrapped, master, 'user-1').equals(key)).toBe(true);
    expect(wrapped.includes(key.export())).toBe(false);
  });

  it('is not accepted in another’s row or under another master key', () => {
    const wrapped = wrapKey(key, master, 'user-1');
    expect(() => unwrapKey(wrapped, master, 'user-2')).toThrow(unreadable);
    expect(() => unwrapKey(wrapped, newKey(), 'user-1')).toThrow(unreadable);
  });

  it('is not accepted with any byte changed, cut or added', () => {
    const wrapped = wrapKey(key, master, 'user-1');
    for (let place = 0; place < wrapped.length; place += 1) {
      const changed = Buffer.from(wrapped);
      changed[place] = (changed[place] as number) ^ 1;
      expect(() => unwrapKey(changed, master, 'user-1'), `byte ${place}`).toThrow(unreadable);
    }
    expect(() => unwrapKey(wrapped.subarray(1), master, 'user-1')).toThrow(unreadable);
    expect(() => unwrapKey(Buffer.concat([wrapped, Buffer.of(0)]), master, 'user-1')).toThrow(unreadable);
    expect(() => unwrapKey(Buffer.alloc(0), master, 'user-1')).toThrow(unreadable);
  });

  it('looks different each time', () => {
    expect(wrapKey(key, master, 'user-1').equals(wrapKey(key, master, 'user-1'))).toBe(false);
  });
});
