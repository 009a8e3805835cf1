import { logOutput } from '../shared/process/log-output.ts';
import { createLogger, type Logger } from '../shared/process/logger.ts';

/** The tool's logger: to standard error, because standard output is the result's alone. */
export const toolLogger = (level: string): Logger =>
  createLogger({ service: 'cli', level, destination: logOutput(2) });
