import { writeSync } from 'node:fs';
import { runProcess } from '../../shared/process/lifecycle.ts';
import { createLogger } from '../../shared/process/logger.ts';

/**
 * A service that logs more than a pipe holds. Whoever started it reads from file descriptor 3 what it does: `up` after
 * its first lines, `alive` every 20 ms. Sent SIGUSR2, it throws where nobody catches it.
 */
await runProcess('chatty', async () => {
  const logger = createLogger({ service: 'chatty', level: 'info' });
  process.on('SIGUSR2', () => {
    throw new Error('nobody catches this');
  });
  const say = (text: string) => writeSync(3, `${text}\n`);
  const timer = setInterval(() => {
    for (let line = 0; line < 20; line += 1) logger.info({ filling: 'x'.repeat(10_000) }, 'said');
    say('alive');
  }, 20);
  say('up');
  return { stop: async () => clearInterval(timer) };
});
