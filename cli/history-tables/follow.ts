import { startHistoryFollower } from '../../projector/history/follow/app.ts';
import { readHistoryConfig } from '../../projector/history/follow/config.ts';
import { runProcess } from '../../shared/process/lifecycle.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { parseOptions } from '../command-line/command.ts';
import { settingSources } from '../config.ts';

/** Keeps the history tables up to the log, as a service: until a signal ends it, and the process with it. */
export async function follow(args: readonly string[]): Promise<void> {
  parseOptions(args, { options: {} });
  await runProcess('history-tables', async () => {
    const config = readHistoryConfig(settingSources().env);
    const logger = createLogger({ service: 'history-tables', level: config.LOG_LEVEL });
    return startHistoryFollower({ config, logger });
  });
}
