import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Collector, startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { ask, type Licensed, signUpLicensed } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

let collector: Collector;
let stack: LaunchedStack;
let licensed: Licensed;
beforeAll(async () => {
  collector = await startCollector();
  stack = await launch({
    args: ['--no-tour', '--query-nodes', '1'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector',
      OTEL_TRACES_SAMPLER_ARG: '0',
    },
  });
  licensed = await signUpLicensed(stack.url, {
    staff: await stack.tool('token', '--role', 'operator', '--subject', 'traces'),
  });
}, 120_000);
afterAll(async () => {
  await dispose(stack);
  await collector[Symbol.asyncDispose]();
});

const newTrace = () => {
  const traceId = randomBytes(16).toString('hex');
  const spanId = randomBytes(8).toString('hex');
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-01` } };
};
const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);

it('one trace leads from the command through the append and the projection to the notice', async () => {
  const { traceId, spanId, headers } = newTrace();
  const answer = await ask(stack.url, '/v1/activations', {
    token: licensed.token,
    body: { client_id: 'traced' },
    headers,
  });
  expect(answer.status).toBe(201);
  await eventually('the last span has come', () => spansOf(traceId).some(({ name }) => name === 'notify'));
  await eventually('the first span has come', () =>
    spansOf(traceId).some(({ parentSpanId }) => parentSpanId === spanId),
  );

  const spans = spansOf(traceId);
  const named = (name: string) => {
    const found = spans.filter((span) => span.name === name);
    expect(found, name).toHaveLength(1);
    return found[0];
  };
  const command = named('POST /v1/activations');
  expect(command).toMatchObject({
    service: 'command-service',
    parentSpanId: spanId,
    attributes: {
      'http.response.status_code': '201',
      'request.id': answer.headers.get('x-request-id'),
    },
  });
  expect(named('append')).toMatchObject({ service: 'command-service', parentSpanId: command?.spanId });
  const projection = named('project LicenseActivated');
  expect(projection).toMatchObject({ service: 'projector', parentSpanId: command?.spanId });
  expect(named('notify')).toMatchObject({ service: 'projector', parentSpanId: projection?.spanId });
  expect(collector.authorizations).toEqual(new Set(['Bearer collector']));
});

it('a validation is traced where its caller asks for it', async () => {
  const { traceId, spanId, headers } = newTrace();
  const token = licensed.activationKey;
  for (const asked of [headers, {}]) {
    const answer = await ask(stack.url, '/v1/licenses/validate', { token, headers: asked });
    expect(answer.body.code).toBe('VALID');
  }
  await eventually('its span has come', () => spansOf(traceId).length > 0);
  expect(spansOf(traceId)).toMatchObject([
    { service: 'query-service', name: 'GET /v1/licenses/validate', parentSpanId: spanId },
  ]);
});

it('nothing else is traced where the share is 0, and no span holds a key, an address or a token', async () => {
  const traces = new Set(collector.spans.map(({ traceId }) => traceId));
  // The two above: signing up, subscribing and activating before them brought no traceparent.
  expect(traces.size).toBe(2);
  const text = JSON.stringify(collector.spans);
  for (const secret of [licensed.email, licensed.token, licensed.activationKey, '127.0.0.1']) {
    expect(text).not.toContain(secret);
  }
});
