import type { Running } from '../process/lifecycle.ts';
import type { Logger } from '../process/logger.ts';
import type { TracingConfig } from './settings.ts';
import { setTracing } from './tracing.ts';

export interface TracingOptions {
  readonly service: string;
  readonly config: TracingConfig;
  readonly logger: Logger;
}

/** What is still waiting to be sent at a stop is given this long. */
const LAST_EXPORT_MS = 2_000;

/**
 * Starts a service, and with it the sending of traces if a collector is configured. The packages that send are loaded
 * only then. A collector that is unreachable costs spans, never requests: the queue is bounded and what does not fit is dropped.
 */
export async function withTracing<R extends Running>(
  options: TracingOptions,
  start: () => Promise<R>,
): Promise<Running> {
  if (options.config.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return start();
  const provider = await register(options);
  const running = await start();
  return {
    ...(running.failed && { failed: running.failed }),
    async stop() {
      await running.stop();
      setTracing(false);
      await provider.shutdown().catch((error: unknown) => {
        options.logger.warn({ err: error }, 'traces_not_sent');
      });
    },
  };
}

async function register({ service, config, logger }: TracingOptions) {
  const [api, sdk, { OTLPTraceExporter }, { resourceFromAttributes }, { AsyncLocalStorageContextManager }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/context-async-hooks'),
    ]);
  const warn = (message: string) => logger.warn({ detail: message }, 'tracing');
  api.diag.setLogger(
    { error: warn, warn, info: () => undefined, debug: () => undefined, verbose: () => undefined },
    api.DiagLogLevel.WARN,
  );
  const endpoint = (config.OTEL_EXPORTER_OTLP_ENDPOINT as string).replace(/\/+$/, '');
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: headersOf(config.OTEL_EXPORTER_OTLP_HEADERS),
    timeoutMillis: LAST_EXPORT_MS,
  });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'license-system' }),
    sampler: new sdk.ParentBasedSampler({
      root: new sdk.TraceIdRatioBasedSampler(config.OTEL_TRACES_SAMPLER_ARG),
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: LAST_EXPORT_MS,
      }),
    ],
  });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(provider);
  setTracing(true);
  logger.info({ endpoint }, 'tracing');
  return provider;
}

const headersOf = (text = ''): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const at = pair.indexOf('=');
        // Percent-encoded, as the specification of this variable says.
        return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
      }),
  );
