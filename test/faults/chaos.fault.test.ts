import { expect, it } from 'vitest';
import { runShape } from '../chaos/run.ts';
import { plain } from '../chaos/shapes/plain.ts';
import { createRandom } from '../support/random.ts';

// A short selection of `npm run test:faults`, which inflicts all of them.
const CHOSEN = ['kill event-store and projector', 'kill the nginx master', 'freeze redis', 'kill query-1'];

it('whatever is killed or frozen under load, every promise is kept', async () => {
  const said: string[] = [];
  const planned = { shape: plain, faults: plain.faults.filter(({ name }) => CHOSEN.includes(name)) };
  expect(planned.faults).toHaveLength(CHOSEN.length);
  const random = createRandom(12);
  const { violations } = await runShape(planned, {
    random,
    say: (line) => said.push(line),
    signal: new AbortController().signal,
  });
  expect(violations, said.join('\n')).toEqual([]);
}, 300_000);
