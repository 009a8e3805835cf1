import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import { querySpecs } from '../../../query-service/routes/all.ts';
import { openApiDocument } from '../../../shared/http/openapi/openapi.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';
import { type MessageType, WEBHOOK_MESSAGES } from '../../../shared/webhooks/message.ts';
import { WEBHOOK_TYPES } from '../../../shared/webhooks/types.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly security: readonly object[];
  readonly requestBody?: Part;
  readonly responses: Readonly<Record<string, Part & { readonly description: string }>>;
}
interface Part {
  readonly content?: Readonly<Record<string, { readonly schema: object; readonly example: unknown }>>;
}
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};
const documentOf = (routes: readonly RouteSpec[]) => openApiDocument(routes, '1.0.0') as unknown as Document;

const all: readonly RouteSpec[] = [...commandRoutes, ...querySpecs];
/** As zod reads it: it takes a `oneOf` of required fields alone for one of values, and no `not`. */
const withDefinitions = (schemas: object): object =>
  JSON.parse(JSON.stringify(schemas).replaceAll('#/components/schemas/', '#/$defs/'), (name, value) =>
    name === 'oneOf' || name === 'not' ? undefined : value,
  );

const thing: RouteSpec = {
  method: 'post',
  path: '/v1/users/{id}',
  operationId: 'changeThing',
  tag: 'Things',
  summary: 'Change a thing',
  auth: ['user', 'client'],
  rateLimit: { name: 'commands', by: 'caller' },
  params: z.object({ id: z.uuid() }),
  headers: z.object({ 'if-match': z.string().optional() }),
  body: z.strictObject({ start_date: z.iso.datetime() }),
  answers: {
    200: { description: 'Changed.', body: z.strictObject({ user_id: z.uuid() }).meta({ id: 'UnitThing' }) },
  },
  problems: ['not_found', 'vault_unavailable'],
};

describe('the document', () => {
  it('says of a route what its definition says', () => {
    const { paths, components } = documentOf([thing]);
    const operation = paths['/v1/users/{id}']?.post as Operation;
    expect(operation.parameters).toEqual([
      {
        name: 'id',
        in: 'path',
        required: true,
        schema: { type: 'string', format: 'uuid' },
        example: expect.any(String),
      },
      { name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } },
    ]);
    expect(operation.security).toEqual([{ userToken: [] }, { activationKey: [] }]);
    expect(Object.keys(operation.responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '413',
      '414',
      '415',
      '429',
      '431',
      '500',
      '503',
    ]);
    expect(operation.responses['503']?.description).toContain('`vault_unavailable`');
    expect(operation.responses['200']).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/UnitThing' } } },
    });
    expect(components.schemas).toHaveProperty('UnitThing');
  });

  it('names every parameter of every path, and every operation once', () => {
    const { paths } = documentOf(commandRoutes);
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.values(item).map((operation) => ({ path, operation })),
    );
    expect(operations).toHaveLength(commandRoutes.length);
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { path, operation } of operations) {
      const named = operation.parameters
        .filter((parameter) => parameter.in === 'path')
        .map(({ name }) => name);
      expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)).toEqual(named);
    }
  });

  it('refers to nothing that it does not hold', () => {
    const document = documentOf(commandRoutes);
    const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(document.components.schemas).toHaveProperty(String(name));
  });

  it('names every body that it answers with, so that a generated client has one type for it', () => {
    const bodies = Object.values(documentOf(all).paths)
      .flatMap((path) => Object.values(path))
      .flatMap(({ responses }) => Object.entries(responses))
      .filter(([status]) => status.startsWith('2'))
      .flatMap(([, { content }]) => Object.values(content ?? {}));
    expect(bodies.length).toBeGreaterThan(30);
    for (const { schema, example } of bodies)
      expect(schema, JSON.stringify(example)).toEqual({ $ref: expect.any(String) });
  });

  it('says what is sent to webhooks, each with an example that its schema takes', () => {
    const document = openApiDocument(all, '1.0.0', WEBHOOK_MESSAGES) as unknown as Document & {
      readonly webhooks: Document['paths'];
    };
    expect(Object.keys(document.webhooks)).toEqual([...WEBHOOK_TYPES, 'webhook.test']);
    for (const [type, { post }] of Object.entries(document.webhooks)) {
      const { example } = post?.requestBody?.content?.['application/json'] ?? {};
      const checked = WEBHOOK_MESSAGES[type as MessageType].safeParse(example);
      expect(checked.error?.issues, type).toBeUndefined();
    }
    const names = [...JSON.stringify(document.webhooks).matchAll(/schemas\/(\w+)"/g)];
    for (const [, name] of names) expect(document.components.schemas).toHaveProperty(String(name));
  });

  it('gives the example of a field that is transformed when it is read', () => {
    const { paths } = documentOf(all);
    const example = (path: string) =>
      Object.values(paths[path]?.post?.requestBody?.content ?? {}).map((body) => body.example);
    expect(example('/v1/users')).toMatchObject([{ external_id: 'cus_1042' }]);
    expect(example('/v1/subscriptions/{id}/reinstate')).toEqual([{ reason: 'invoice 1042 was paid' }]);
  });

  it('has patterns that tools in every language understand', () => {
    const patterns = [...JSON.stringify(documentOf(all)).matchAll(/"pattern":"((?:[^"\\]|\\.)*)"/g)].map(
      ([, text]) => JSON.parse(`"${text}"`) as string,
    );
    expect(patterns.length).toBeGreaterThan(20);
    for (const pattern of patterns) {
      expect(pattern).not.toMatch(/\\[pPuk]|\(\?[=!<]/);
      new RegExp(pattern);
      new RegExp(pattern, 'u');
    }
  });

  it('has an example of every body, which its schema takes', () => {
    const document = documentOf(all);
    const $defs = withDefinitions(document.components.schemas);
    const contents = Object.values(document.paths)
      .flatMap((path) => Object.values(path))
      .flatMap(({ requestBody, responses }) => [requestBody, ...Object.values(responses)])
      .flatMap((part) => Object.values(part?.content ?? {}));
    expect(contents.length).toBeGreaterThan(100);
    for (const { schema, example } of contents) {
      const checked = z.fromJSONSchema({ ...withDefinitions(schema), $defs } as never).safeParse(example);
      expect(checked.error, JSON.stringify(example)).toBeUndefined();
    }
  });

  it('asks for a token only where one is needed', () => {
    const { paths } = documentOf(all);
    expect(paths['/v1/signup']?.post?.security).toEqual([]);
    const validation = paths['/v1/licenses/validate'];
    expect(validation?.get?.security).toEqual([{}, { activationKey: [] }]);
    expect(validation?.get?.responses).not.toHaveProperty('401');
    expect(paths['/v1/login']?.post?.responses).not.toHaveProperty('412');
  });
});
