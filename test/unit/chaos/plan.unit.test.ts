import { describe, expect, it } from 'vitest';
import type { Fault, Shape } from '../../chaos/faults/fault.ts';
import { notRun, plan, withoutLocalStore } from '../../chaos/plan.ts';
import { createRandom } from '../../support/random.ts';

const fault = (name: string, change: Partial<Fault> = {}): Fault => ({
  name,
  group: 'some',
  promised: 'all',
  inflict: async () => undefined,
  ...change,
});

const shape = (name: string, faults: readonly Fault[]): Shape => ({
  name,
  faults,
  start: () => Promise.reject(new Error('nothing is started to plan')),
});

const ONE = shape('one', [fault('a'), fault('b'), fault('kill event-store')]);
const TWO = shape('two', [fault('c'), fault('d', { needs: 'a disk' })]);

const namesOf = (planned: ReturnType<typeof plan>) =>
  planned.map(({ shape: { name }, faults }) => [name, faults.map((each) => each.name).sort()]);

describe('the plan of a fault run', () => {
  it('has each fault so often, by shape, and none that needs what is missing', () => {
    expect(namesOf(plan([ONE, TWO], '', { times: 2 }, createRandom(1)))).toEqual([
      ['one', ['a', 'a', 'b', 'b', 'kill event-store', 'kill event-store']],
      ['two', ['c', 'c']],
    ]);
    expect(notRun([ONE, TWO], '').map(({ name }) => name)).toEqual(['d']);
  });

  it('has all of them before any comes again', () => {
    const four = plan([ONE, TWO], '', { faults: 4 }, createRandom(7));
    expect(namesOf(four)).toEqual([
      ['one', ['a', 'b', 'kill event-store']],
      ['two', ['c']],
    ]);
  });

  it('is the same for the same seed', () => {
    const names = (seed: number) =>
      plan([ONE], '', { times: 5 }, createRandom(seed)).flatMap(({ faults }) =>
        faults.map(({ name }) => name),
      );
    expect(names(3)).toEqual(names(3));
    expect(names(3)).not.toEqual(names(4));
  });

  it('takes only what is asked for', () => {
    expect(namesOf(plan([ONE, TWO], 'two: ', { times: 1 }, createRandom(1)))).toEqual([['two', ['c']]]);
  });

  it('leaves an event store alone that somebody else runs', () => {
    const planned = plan([ONE].map(withoutLocalStore), '', { times: 1 }, createRandom(1));
    expect(namesOf(planned)).toEqual([['one', ['a', 'b']]]);
  });
});
