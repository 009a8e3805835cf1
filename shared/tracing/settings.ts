import { z } from 'zod';
import { SECRET, SECRET_PASSWORD } from '../config.ts';

const share = z.coerce
  .number({ error: 'expected a number from 0 to 1' })
  .min(0, { error: 'expected a number from 0 to 1' })
  .max(1, { error: 'expected a number from 0 to 1' });

/** Where traces go. Names and meanings are OpenTelemetry's, so that one set serves every program of a site. */
export const tracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'expected a URL starting with http:// or https://' })
    .meta(SECRET_PASSWORD)
    .optional()
    .describe('Collector of traces (OTLP over HTTP, JSON); nothing is traced unless set'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/, { error: 'expected name=value pairs, separated by commas' })
    .meta(SECRET)
    .optional()
    .describe('Headers for the collector, such as a token: `name=value`, separated by commas'),
  OTEL_TRACES_SAMPLER_ARG: share
    .default(1)
    .describe(
      'Share of the commands and queries that are traced, from 0 to 1; a caller who sends `traceparent` decides',
    ),
};

const settings = z.object(tracingSettings);
export type TracingConfig = z.infer<typeof settings>;
