import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import { openApiDocument } from '../../../shared/http/openapi/openapi.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
};
const documentOf = (routes: readonly RouteSpec[]) => openApiDocument(routes, '1.0.0') as unknown as Document;

const thing: RouteSpec = {
  method: 'post',
  path: '/v1/things/{id}',
  operationId: 'changeThing',
  tag: 'Things',
  summary: 'Change a thing',
  auth: ['user', 'client'],
  rateLimit: { name: 'commands', by: 'caller' },
  params: z.object({ id: z.uuid() }),
  headers: z.object({ 'if-match': z.string().optional() }),
  body: z.strictObject({ at: z.iso.datetime() }),
  answers: {
    200: { description: 'Changed.', body: z.strictObject({ id: z.uuid() }).meta({ id: 'UnitThing' }) },
  },
  problems: ['not_found', 'vault_unavailable'],
};

describe('the document', () => {
  it('says of a route what its definition says', () => {
    const { paths, components } = documentOf([thing]);
    const operation = paths['/v1/things/{id}']?.post as Operation;
    expect(operation.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } },
      { name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } },
    ]);
    expect(operation.security).toEqual([{ accessToken: ['user'] }, { activationKey: [] }]);
    expect(Object.keys(operation.responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '413',
      '415',
      '429',
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
});
