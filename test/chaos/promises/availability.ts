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
const MOST_EXAMPLES = 3;
/** So often a license was asked about that each node's memory has it, whichever way the questions were spread. */
const IN_MEMORY_AFTER = 10;

const isAnswered = ({ answer }: ValidationSent): boolean => answer?.status === 200;

/** Not those that a node, which had not read of the license yet, could say nothing of. */
const tells = (validation: ValidationSent): boolean =>
  isAnswered(validation) && !['NOT_FOUND', 'INVALID_KEY'].includes(validation.answer?.code ?? '');

/**
 * Whether somebody who is left knew of the license when the fault began. The read models do if they answered about it;
 * Redis, if a node answered that began with an empty memory since Redis keeps what it is given; every node's memory, if many questions
 * were answered since the nodes run, and nothing changed that a notice would have made them forget.
 */
function knownBefore(window: FaultWindow, { validations, commands }: Asked): (license: Named) => boolean {
  const { from, left, nodesSince, oldestNodeSince, redisSince } = window;
  const answers = Map.groupBy(
    validations.filter((validation) => validation.answeredAt < from && tells(validation)),
    ({ licenseId }) => licenseId,
  );
  const since = (at: number, licenseId: string) =>
    (answers.get(licenseId) ?? []).filter(({ sentAt }) => sentAt > at).length;
  const changing = new Set(
    commands
      .filter(({ sentAt, answeredAt }) => sentAt < window.to && answeredAt > nodesSince)
      .map(({ userId }) => userId),
  );
  const inDatabase = ({ licenseId }: Named) => answers.has(licenseId);
  const inRedis = ({ licenseId }: Named) => oldestNodeSince > redisSince && since(nodesSince, licenseId) > 0;
  const inMemory = ({ licenseId, userId }: Named) =>
    !changing.has(userId) && since(nodesSince, licenseId) >= IN_MEMORY_AFTER;
  switch (left) {
    case 'database':
      return inDatabase;
    case 'caches':
      return (license) => inRedis(license) || inMemory(license);
    case 'redis':
      return inRedis;
    case 'memory':
      return inMemory;
  }
}

type Asked = Pick<History, 'validations' | 'commands'>;
type Named = Pick<ValidationSent, 'licenseId' | 'userId'>;

const askedDuring = ({ from, to }: FaultWindow, { validations }: Asked): readonly ValidationSent[] =>
  validations.filter(({ sentAt, answeredAt }) => sentAt < to && answeredAt > from);

/** A request that was sent before the fault and was still under way when it began counts too. */
export function availabilityDuring(window: FaultWindow, all: Asked): Availability {
  const asked = askedDuring(window, all);
  const known = asked.filter(knownBefore(window, all));
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
export function unanswered(history: History): Violation[] {
  return history.faults.flatMap((window) => {
    const { known, knownAnswered, failures } = availabilityDuring(window, history);
    const least = { all: known, most: known * MOST, nothing: 0 }[window.promised];
    if (knownAnswered >= least) return [];
    const causes = Object.entries(failures).map(([cause, count]) => `${count} × ${cause}`);
    const examples = unansweredKnown(window, history).slice(0, MOST_EXAMPLES).map(example(history, window));
    return [
      {
        promise: 'known licenses are answered through a fault' as const,
        detail: `${window.name}, ${(window.from / 1_000).toFixed(1)} s into the run: ${knownAnswered} of ${known} (${causes.join(', ')}): ${examples.join('; ')}`,
      },
    ];
  });
}

/** What was killed runs again, half-open connections are given up, a certificate that was renewed is taken: nobody helps. */
export const unrecovered = ({ faults }: History): Violation[] =>
  faults.flatMap(({ name, notOver }) =>
    notOver === undefined
      ? []
      : [{ promise: 'the system recovers by itself', detail: `${name}: ${notOver}` }],
  );

const unansweredKnown = (window: FaultWindow, all: Asked): readonly ValidationSent[] =>
  askedDuring(window, all)
    .filter(knownBefore(window, all))
    .filter((validation) => !isAnswered(validation));

/** What is needed to find out why: when it was asked, answered last, and changed last, each since the fault began. */
const example =
  ({ validations, commands }: Asked, { from, nodesSince, oldestNodeSince, redisSince }: FaultWindow) =>
  ({ licenseId, userId, sentAt }: ValidationSent): string => {
    const at = (moment: number | undefined) =>
      moment === undefined ? 'never' : `${((moment - from) / 1_000).toFixed(2)} s`;
    const answered = validations.findLast(
      (one) => one.licenseId === licenseId && one.answeredAt < sentAt && tells(one),
    );
    const changed = commands.findLast((one) => one.userId === userId && one.sentAt < sentAt);
    const since = `nodes since ${at(oldestNodeSince)} and ${at(nodesSince)}, Redis since ${at(redisSince)}`;
    return `${licenseId} asked at ${at(sentAt)}, answered at ${at(answered?.answeredAt)}, ${changed?.kind ?? 'no command'} at ${at(changed?.answeredAt)} (${since})`;
  };
