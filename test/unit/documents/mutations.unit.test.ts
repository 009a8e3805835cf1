import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTATIONS } from '../../mutations/list/all.ts';
import type { Mutation } from '../../mutations/mutation.ts';
import { isNoticed, tableOf } from '../../mutations/table.ts';

describe('the mutations', () => {
  it('have their place in the code, once, and a name of their own', () => {
    const lost = MUTATIONS.filter(({ file, find }) => {
      const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
      return text.split(find).length !== 2;
    });
    expect(lost.map(({ name }) => name)).toEqual([]);
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  });

  it('have tests that have to notice', () => {
    const root = path.resolve(import.meta.dirname, '../../..');
    const files = (tier: string) => globSync(`test/${tier}/**/*.test.ts`, { cwd: root });
    const without = MUTATIONS.filter(({ tier, tests }) => !files(tier).some((file) => file.includes(tests)));
    expect(without.map(({ name, tests }) => `${name}: ${tests}`)).toEqual([]);
  });
});

describe('their table', () => {
  const [first, second] = MUTATIONS as readonly [Mutation, Mutation, ...Mutation[]];
  const noticed = { kind: 'noticed', test: 'it | says so', file: 'test/a.ts' } as const;

  it('keeps the lines of those that were not tried this time, and says of which nothing is known', () => {
    const before = tableOf([first, second], [{ mutation: first, result: noticed }], '');
    expect(before).toContain(`| ${second.name} | **not tried**: new |`);
    expect(before).toContain('1 of 2 noticed.');
    expect([first, second].map(({ name }) => isNoticed(before, name))).toEqual([true, false]);
    const after = tableOf([first, second], [{ mutation: second, result: { kind: 'unnoticed' } }], before);
    expect(after).toContain(`| ${first.promise} | ${first.name} | \`test/a.ts\`: it \\| says so |`);
    expect(after).toContain(`| ${second.promise} | ${second.name} | **nothing** |`);
    expect(after).toContain('1 of 2 noticed.');
  });

  it('has no line of one that is no more', () => {
    const before = tableOf([first, second], [{ mutation: first, result: noticed }], '');
    expect(tableOf([second], [], before)).not.toContain(first.name);
  });
});
