import { parseOptions } from '../../command-line/command.ts';

const OPTIONS = {
  format: { type: 'string' },
  out: { type: 'string' },
  partition: { type: 'string' },
  topic: { type: 'string' },
  type: { type: 'string', multiple: true },
  user: { type: 'string', multiple: true },
  plan: { type: 'string', multiple: true },
  since: { type: 'string' },
  until: { type: 'string' },
  from: { type: 'string' },
  after: { type: 'string' },
  to: { type: 'string' },
  'with-personal': { type: 'boolean' },
} as const;

/** The command line's options as text. @throws UsageError one that there is not, or without its value */
export const parseValues = (args: readonly string[]) => parseOptions(args, { options: OPTIONS }).values;
export type Values = ReturnType<typeof parseValues>;
