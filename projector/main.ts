import { runProcess } from '../shared/process/lifecycle.ts';
import { createLogger } from '../shared/process/logger.ts';
import { withTracing } from '../shared/tracing/start-tracing.ts';
import { startProjector } from './app.ts';
import { readProjectorConfig } from './config.ts';

await runProcess('projector', async () => {
  const config = readProjectorConfig();
  const logger = createLogger({ service: 'projector', level: config.LOG_LEVEL });
  return withTracing({ service: 'projector', config, logger }, () => startProjector({ config, logger }));
});
