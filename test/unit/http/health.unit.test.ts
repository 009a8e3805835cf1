import { expect, it } from 'vitest';
import { Health } from '../../../shared/http/health.ts';
import { createLogger } from '../../../shared/process/logger.ts';

it('a dependency that is not there yet is awaited; one that was there and went is a warning', async () => {
  const lines: { level: string; msg: string }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  let up = false;
  const check = async () => {
    if (!up) throw new Error('not now');
  };
  const health = new Health({
    dependencies: { store: { required: true, check } },
    logger: createLogger({ service: 'test', level: 'info', destination }),
  });
  for (const state of [false, false, true, false, true]) {
    up = state;
    await health.refresh();
    expect(health.ready).toBe(state);
  }
  expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
    'info dependency_awaited',
    'info dependency_up',
    'warn dependency_down',
    'info dependency_up',
  ]);
});
