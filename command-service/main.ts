import { runProcess } from '../shared/process/lifecycle.ts';
import { createLogger } from '../shared/process/logger.ts';
import { withTracing } from '../shared/tracing/start-tracing.ts';
import { startCommandService } from './app.ts';
import { readCommandConfig } from './config.ts';

await runProcess('command-service', async () => {
  const config = readCommandConfig();
  const logger = createLogger({ service: 'command-service', level: config.LOG_LEVEL });
  return withTracing({ service: 'command-service', config, logger }, () =>
    startCommandService({ config, logger }),
  );
});
