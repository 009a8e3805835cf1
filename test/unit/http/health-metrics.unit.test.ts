import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { Health } from '../../../shared/http/health.ts';
import { exportHealth } from '../../../shared/http/metrics.ts';
import { createLogger } from '../../../shared/process/logger.ts';

it('the metrics say what the checks last found, and reading them asks nobody', async () => {
  let asked = 0;
  let up = true;
  const check = async () => {
    asked += 1;
    if (!up) throw new Error('gone');
  };
  const health = new Health({
    dependencies: { store: { required: true, check }, cache: { required: false, check } },
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
  const registry = new Registry();
  exportHealth(registry, health);
  const shown = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));
    return lines.sort();
  };
  const store = (n: number) => [
    `dependency_up{dependency="cache"} ${n}`,
    `dependency_up{dependency="store"} ${n}`,
  ];
  expect(await shown()).toEqual([...store(0), 'service_ready 0']);
  await health.refresh();
  expect(await shown()).toEqual([...store(1), 'service_ready 1']);
  up = false;
  await health.refresh();
  expect(await shown()).toEqual([...store(0), 'service_ready 0']);
  expect(asked).toBe(4);
  up = true;
  await health.refresh();
  health.drain();
  expect(await shown()).toEqual([...store(1), 'service_ready 0']);
});
