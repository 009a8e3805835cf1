import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { UsedBench } from '../bench.ts';
import { eventsOf } from '../deliveries.ts';
import { today, userOf } from '../shown.ts';
import { deliver, MAIN } from '../system.ts';

export const programCases = (bench: UsedBench) =>
  describe('the program', () => {
    it('takes deliveries until it is told to stop, and ends what it has begun', async () => {
      const { fake, environment } = bench.it.billing;
      const env = { ...process.env, ...environment, LOG_LEVEL: 'info' };
      const service = spawn(process.execPath, [MAIN, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
      const lines = createInterface(service.stdout)[Symbol.asyncIterator]();
      const { url } = JSON.parse(String((await lines.next()).value));
      const customer = fake.customer();
      const events = eventsOf(
        bench.it.billing,
        () => void fake.sell({ customer, price: 'price_basic', start: today() }),
      );
      for (const event of events) expect(await deliver(url, event)).toBe(200);
      service.kill('SIGTERM');
      expect(await once(service, 'exit')).toEqual([0, null]);
      expect(await bench.it.here(await userOf(bench.it.billing, customer))).toMatchObject([
        { plan_type: 'basic' },
      ]);
    });
  });
