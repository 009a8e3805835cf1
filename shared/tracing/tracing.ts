import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';

/*
 * The half of tracing that the code uses: OpenTelemetry's API. The other half (start-tracing.ts) is loaded only where
 * a collector is configured. Without it nothing here makes a span, and each of these costs one comparison.
 */

let on = false;

export const isTracing = (): boolean => on;

/** For start-tracing.ts: a provider is registered, or is gone again. */
export function setTracing(registered: boolean): void {
  on = registered;
}

const tracer = () => trace.getTracer('license-system');

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The span that is running now, as W3C Trace Context's `traceparent`; undefined where nothing is recorded. */
export function currentTraceparent(): string | undefined {
  if (!on) return undefined;
  const span = trace.getActiveSpan()?.spanContext();
  if (!span || (span.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return `00-${span.traceId}-${span.spanId}-01`;
}

/** The context that continues a caller's or an event's trace; the root where `traceparent` is none, or malformed. */
export function contextOf(traceparent: unknown): Context {
  const parts = typeof traceparent === 'string' ? TRACEPARENT.exec(traceparent) : null;
  if (!parts) return ROOT_CONTEXT;
  const [, traceId, spanId, flags] = parts as unknown as [string, string, string, string];
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

/** Whether a `traceparent` asks to be recorded. */
export const isSampled = (traceparent: unknown): boolean =>
  typeof traceparent === 'string' &&
  (Number.parseInt(TRACEPARENT.exec(traceparent)?.[3] ?? '0', 16) & 1) === 1;

/** Begins a span in a context that {@link contextOf} gave. Whoever begins it ends it. */
export const beginSpan = (
  name: string,
  parent: Context,
  options: { readonly kind: SpanKind; readonly attributes?: Attributes; readonly startTime?: number },
): Span => tracer().startSpan(name, options, parent);

/** Does the work within a span of the one that is running now. A failure is the span's status too. */
export async function inSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  if (!on) return work();
  const span = tracer().startSpan(name, { kind: SpanKind.CLIENT, attributes });
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    failed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Only the error's name and code: a message may hold what no trace should. */
export function failed(span: Span, error: unknown): void {
  const { name, code } = error as { name?: unknown; code?: unknown };
  span.setStatus({ code: SpanStatusCode.ERROR, message: String(code ?? name ?? 'error') });
}

/** Runs `work` so that spans begun in it, also later, are children of `span`. */
export const within = <T>(span: Span, parent: Context, work: () => T): T =>
  context.with(trace.setSpan(parent, span), work);
