import { runProcess } from '../shared/process/lifecycle.ts';
import { createLogger } from '../shared/process/logger.ts';
import { withTracing } from '../shared/tracing/start-tracing.ts';
import { startQueryService } from './app.ts';
import { readQueryConfig } from './config.ts';

await runProcess('query-service', async () => {
  const config = readQueryConfig();
  const logger = createLogger({ service: 'query-service', level: config.LOG_LEVEL });
  return withTracing({ service: 'query-service', config, logger }, () =>
    startQueryService({ config, logger }),
  );
});
