import {
  EventStoreUnavailable,
  OutcomeUnknown,
  WrongExpectedRevision,
} from '../../../shared/event-log/errors.ts';
import type { AppendResult, ExpectedRevision, NewEvent } from '../../../shared/event-log/event-log.ts';
import { inSpan } from '../../../shared/tracing/tracing.ts';
import type { AppendOutcome, ExecutorDependencies } from '../../dependencies.ts';

/** Appends with this service's deadline, and tells the metrics how it went. Throws what the event log throws. */
export type Append = (
  stream: string,
  expected: ExpectedRevision,
  events: readonly NewEvent[],
) => Promise<AppendResult>;

const outcomeOf = (error: unknown): AppendOutcome => {
  if (error instanceof WrongExpectedRevision) return 'conflict';
  if (error instanceof OutcomeUnknown) return 'unknown';
  return error instanceof EventStoreUnavailable ? 'unavailable' : 'failed';
};

export function createAppend({
  log,
  appendDeadlineMs: deadlineMs,
  onAppend,
}: Pick<ExecutorDependencies, 'log' | 'appendDeadlineMs' | 'onAppend'>): Append {
  return async (stream, expected, events) => {
    const startedAt = performance.now();
    const tell = (outcome: AppendOutcome) => onAppend?.((performance.now() - startedAt) / 1_000, outcome);
    try {
      const result = await inSpan('append', { 'event.count': events.length }, () =>
        log.append(stream, expected, events, { deadlineMs }),
      );
      tell('appended');
      return result;
    } catch (error) {
      tell(outcomeOf(error));
      throw error;
    }
  };
}
