import { runProcess } from '../../shared/process/lifecycle.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { startNotifier } from './app.ts';
import { readNotifierConfig } from './config.ts';

await runProcess('notifier', async () => {
  const config = readNotifierConfig();
  const logger = createLogger({ service: 'notifier', level: config.LOG_LEVEL });
  return startNotifier({ config, logger });
});
