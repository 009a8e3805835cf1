import type { RebuildOptions } from '../../projector/rebuild/options.ts';
import { parseOptions, UsageError } from '../command-line/command.ts';

export type RebuildChoices = Pick<
  RebuildOptions,
  'compareOnly' | 'acceptDifferences' | 'force' | 'fresh' | 'keepOld' | 'dropDependents'
>;

/** What a rebuild's command line asks for. @throws UsageError */
export function readRebuildChoices(args: readonly string[]): RebuildChoices {
  const option = { type: 'boolean', default: false } as const;
  const { values } = parseOptions(args, {
    options: {
      'compare-only': option,
      'accept-differences': option,
      'keep-old': option,
      fresh: option,
      force: option,
      'drop-dependents': option,
    },
  });
  const choices = {
    compareOnly: values['compare-only'],
    acceptDifferences: values['accept-differences'],
    keepOld: values['keep-old'],
    fresh: values.fresh,
    force: values.force,
    dropDependents: values['drop-dependents'],
  };
  if (choices.compareOnly && (choices.force || choices.acceptDifferences || choices.keepOld)) {
    throw new UsageError('--compare-only switches nothing: it goes with --fresh alone');
  }
  return choices;
}
