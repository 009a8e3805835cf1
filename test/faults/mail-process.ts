/** A notifier as a process of its own, which takes up what a killed one left sooner than after three minutes. */
import { startNotifier } from '../../projector/notifier/app.ts';
import { readNotifierConfig } from '../../projector/notifier/config.ts';
import { createLogger } from '../../shared/process/logger.ts';

const config = readNotifierConfig();
await startNotifier({
  config,
  logger: createLogger({ service: 'notifier', level: config.LOG_LEVEL }),
  mailTiming: { pause: () => 100, leaseMs: 1_500 },
});
