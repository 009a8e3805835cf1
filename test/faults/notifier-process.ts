/** A notifier as a process of its own, which tells everybody of everything and does not wait for three days. */
import { startNotifier } from '../../projector/notifier/app.ts';
import { readNotifierConfig } from '../../projector/notifier/config.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { everyEvent } from '../integration/notifier/every-event.ts';

const config = readNotifierConfig();
await startNotifier({
  config,
  logger: createLogger({ service: 'notifier', level: config.LOG_LEVEL }),
  enqueuers: [everyEvent],
  // However long an endpoint is down on a busy machine, nothing is given up.
  schedule: { pause: () => 200 },
});
