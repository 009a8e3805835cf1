import { expect, it } from 'vitest';
import { createLogger } from '../../../shared/process/logger.ts';
import { withTracing } from '../../../shared/tracing/start-tracing.ts';
import {
  contextOf,
  currentTraceparent,
  inSpan,
  isSampled,
  isTracing,
} from '../../../shared/tracing/tracing.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

it('without a collector a service is started as it is, and work runs without a span', async () => {
  const service = { stop: async () => undefined };
  const config = {
    OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
    OTEL_EXPORTER_OTLP_HEADERS: undefined,
    OTEL_TRACES_SAMPLER_ARG: 1,
  };
  expect(await withTracing({ service: 'test', config, logger }, async () => service)).toBe(service);
  expect(isTracing()).toBe(false);
  expect(currentTraceparent()).toBeUndefined();
  await expect(inSpan('work', {}, async () => 'done')).resolves.toBe('done');
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

it.each([
  [`00-${TRACE}-${SPAN}-01`, true],
  [`00-${TRACE}-${SPAN}-03`, true],
  [`00-${TRACE}-${SPAN}-00`, false],
  [`01-${TRACE}-${SPAN}-01`, false],
  [`00-${TRACE}-${SPAN}`, false],
  ['', false],
  [undefined, false],
  [[`00-${TRACE}-${SPAN}-01`], false],
])('traceparent %s asks to be recorded: %s', (traceparent, expected) => {
  expect(isSampled(traceparent)).toBe(expected);
});

it('what is malformed continues no trace', () => {
  expect(contextOf('00-zz-01')).toBe(contextOf(undefined));
  expect(contextOf(`00-${TRACE}-${SPAN}-01`)).not.toBe(contextOf(undefined));
});
