import { describe, expect, it } from 'vitest';
import { KeyCache } from '../../../shared/vault/key-cache.ts';
import { ERASED } from '../../../shared/vault/personal.ts';
import { newKey } from '../../../shared/vault/wrapping.ts';

function cacheAt(start: number, options: { maxKeys?: number; maxAgeMs?: number } = {}) {
  const time = { now: start };
  return { time, cache: new KeyCache({ clock: () => time.now, ...options }) };
}

describe('keys in memory', () => {
  it('leave with their age, which use does not renew', () => {
    const { time, cache } = cacheAt(0, { maxAgeMs: 100 });
    const key = newKey();
    cache.put('a', key);
    time.now = 99;
    expect(cache.get('a')).toBe(key);
    time.now = 100;
    expect(cache.get('a')).toBeUndefined();
  });

  it('leave when there are too many, the least recently used first', () => {
    const { cache } = cacheAt(0, { maxKeys: 2 });
    cache.put('a', newKey());
    cache.put('b', newKey());
    cache.get('a');
    cache.put('c', newKey());
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toBeDefined();
    expect(cache.get('c')).toBeDefined();
  });

  it('don’t come back after an erasure with a load that began before it', () => {
    const { cache } = cacheAt(0);
    const key = newKey();
    cache.put('a', key);
    cache.put('a', ERASED);
    cache.put('a', key);
    expect(cache.get('a')).toBe(ERASED);
  });
});
