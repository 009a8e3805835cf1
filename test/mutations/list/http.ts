import type { Mutation } from '../mutation.ts';

export const HTTP: readonly Mutation[] = [
  {
    name: 'bytes that are no UTF-8 are read as something',
    promise: 8,
    file: 'shared/http/input/body.ts',
    find: "new TextDecoder('utf-8', { fatal: true })",
    replace: "new TextDecoder('utf-8')",
    tier: 'integration',
    tests: 'http/bodies',
  },
  {
    name: 'JSON that is none is a fault of the server',
    promise: 8,
    file: 'shared/http/input/body.ts',
    find: "throw new Problem('malformed_json', { cause });",
    replace: 'throw cause;',
    tier: 'integration',
    tests: 'command-service-http/bad-input',
  },
  {
    name: 'a process that stops goes on being ready',
    promise: 9,
    file: 'shared/http/server/server.ts',
    find: 'options.health.drain();',
    replace: '',
    tier: 'integration',
    tests: 'http/server',
  },
  {
    name: 'a process that stops keeps its connections open',
    promise: 9,
    file: 'shared/http/server/server.ts',
    find: "if (closing) response.setHeader('Connection', 'close');",
    replace: '',
    tier: 'integration',
    tests: 'http/server',
  },
  {
    name: 'a field that nobody knows is ignored',
    promise: 8,
    file: 'shared/http/server/pipeline.ts',
    find: 'const NO_FIELDS = z.strictObject({});',
    replace: 'const NO_FIELDS = z.object({});',
    tier: 'integration',
    tests: 'http/bad-queries',
  },
];
