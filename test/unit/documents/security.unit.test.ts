import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../../..');

it('docs/security.md names tests that there are, for every item of both lists but the one that is not used', () => {
  const text = readFileSync(path.join(ROOT, 'docs/security.md'), 'utf8');
  const named = [...text.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, file]) => file as string);
  expect(named.filter((file) => !existsSync(path.join(ROOT, 'test', file)))).toEqual([]);
  const items = text.match(/^\| (API|V)\d+ .*$/gm) ?? [];
  expect(items).toHaveLength(10 + 17);
  const without = items.filter((item) => !item.includes('.test.ts`')).map((item) => item.split(' ')[1]);
  expect(without).toEqual(['V8', 'V17']);
});
