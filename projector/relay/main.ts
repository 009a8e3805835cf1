import { runProcess } from '../../shared/process/lifecycle.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { startRelay } from './app.ts';
import { readRelayConfig } from './config.ts';

await runProcess('relay', async () => {
  const config = readRelayConfig();
  const logger = createLogger({ service: 'relay', level: config.LOG_LEVEL });
  return startRelay({ config, logger });
});
