import { type Context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { beginSpan, contextOf, failed, isSampled, isTracing } from '../../shared/tracing/tracing.ts';
import type { DecodedEvent } from './decode.ts';

/** Where the traces of a batch's events go on: nothing for almost every batch. */
export type Traces = readonly Context[];

interface Projected {
  readonly span: Span;
  readonly context: Context;
}

/**
 * Begins a span for each event of a batch whose command was traced, as a child of that command's span. All of a batch
 * take the same time, its transaction's: they tell how long the event took from there to the query nodes.
 */
export function beginProjecting(events: readonly DecodedEvent[]): readonly Projected[] {
  if (!isTracing()) return [];
  return events
    .filter(({ recorded }) => isSampled(recorded.metadata.traceparent))
    .map(({ recorded }) => {
      const { type } = recorded.event;
      const parent = contextOf(recorded.metadata.traceparent);
      const attributes = { 'event.id': recorded.id, 'event.type': type, 'batch.events': events.length };
      const span = beginSpan(`project ${type}`, parent, { kind: SpanKind.CONSUMER, attributes });
      return { span, context: trace.setSpan(parent, span) };
    });
}

/** The transaction was committed, or has failed. @returns where the traces go on */
export function endProjecting(
  projected: readonly Projected[],
  failure?: { readonly error: unknown },
): Traces {
  for (const { span } of projected) {
    if (failure) failed(span, failure.error);
    span.end();
  }
  return projected.map(({ context }) => context);
}

/** The views and the notice of a change were sent: the last part of each trace. @param startTime ms since 1970 */
export function traceNotices(traces: Traces, startTime: number): void {
  for (const parent of traces) beginSpan('notify', parent, { kind: SpanKind.PRODUCER, startTime }).end();
}
