import type { FaultWindow, History, ValidationSent, Violation } from '../history.ts';

/** How the validations went that were under way during a fault. */
export interface Availability {
  readonly asked: number;
  readonly answered: number;
  /** Of licenses that were known before. */
  readonly known: number;
  readonly knownAnswered: number;
  /** Milliseconds, of the answers to known ones. */
  readonly slowestMs: number;
  /** Those that got no answer, by what they got instead. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Of all known licenses' validations, where not all are promised. */
const MOST = 0.999;
/** So often a license was asked about that each node's memory has it, whichever way the questions were spread. */
const IN_MEMORY_AFTER = 10;

const isAnswered = ({ answer }: ValidationSent): boolean => answer?.status === 200;

/** Not those that a node, which had not read of the license yet, could say nothing of. */
const tells = (validation: ValidationSent): boolean =>
  isAnswered(validation) && !['NOT_FOUND', 'INVALID_KEY'].includes(validation.answer?.code ?? '');

/**
 * Whether somebody knew of the license when the fault began: the read models by an answer, or, where only memory is
 * left, every node by many of them since it runs.
 */
function knownBefore(
  { from, promised, nodesSince }: FaultWindow,
  validations: readonly ValidationSent[],
): (licenseId: string) => boolean {
  const since = promised === 'memory' ? nodesSince : Number.NEGATIVE_INFINITY;
  const answers = validations.filter(
    (validation) => validation.sentAt > since && validation.answeredAt < from && tells(validation),
  );
  const counts = Map.groupBy(answers, ({ licenseId }) => licenseId);
  const enough = promised === 'memory' ? IN_MEMORY_AFTER : 1;
  return (licenseId) => (counts.get(licenseId)?.length ?? 0) >= enough;
}

/** A request that was sent before the fault and was still under way when it began counts too. */
export function availabilityDuring(window: FaultWindow, all: readonly ValidationSent[]): Availability {
  const isKnown = knownBefore(window, all);
  const asked = all.filter(({ sentAt, answeredAt }) => sentAt < window.to && answeredAt > window.from);
  const known = asked.filter(({ licenseId }) => isKnown(licenseId));
  const failed = asked.filter((validation) => !isAnswered(validation));
  return {
    asked: asked.length,
    answered: asked.length - failed.length,
    known: known.length,
    knownAnswered: known.filter(isAnswered).length,
    slowestMs: known
      .filter(isAnswered)
      .reduce((slowest, { sentAt, answeredAt }) => Math.max(slowest, answeredAt - sentAt), 0),
    failures: Object.fromEntries(
      Map.groupBy(failed, causeOf)
        .entries()
        .map(([cause, { length }]) => [cause, length]),
    ),
  };
}

const causeOf = ({ answer }: ValidationSent): string =>
  answer === undefined ? 'no answer' : `${answer.status} ${answer.code ?? ''}`.trim();

/** Validations of known licenses are answered as often as is promised of the fault. */
export function unanswered({ faults, validations }: History): Violation[] {
  return faults.flatMap((window) => {
    const { known, knownAnswered, failures } = availabilityDuring(window, validations);
    const least = { all: known, memory: known, most: known * MOST, nothing: 0 }[window.promised];
    if (knownAnswered >= least) return [];
    const causes = Object.entries(failures).map(([cause, count]) => `${count} × ${cause}`);
    return [
      {
        promise: 'known licenses are answered through a fault' as const,
        detail: `${window.name}, ${(window.from / 1_000).toFixed(1)} s into the run: ${knownAnswered} of ${known} (${causes.join(', ')})`,
      },
    ];
  });
}
