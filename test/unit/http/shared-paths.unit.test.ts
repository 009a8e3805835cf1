import { expect, it } from 'vitest';
import { commandRoutes } from '../../../command-service/routes/all.ts';
import { queryRoutes } from '../../../query-service/routes/all.ts';
import { SHARED_PATHS } from '../../../shared/http/routes/shared-paths.ts';

it('names every path that both services have routes for, with the methods of both', () => {
  const both = new Map<string, string[]>();
  const commands = new Set(commandRoutes.map(({ path }) => path));
  const queries = new Set(queryRoutes.map(({ path }) => path));
  for (const { path, method } of [...commandRoutes, ...queryRoutes]) {
    if (commands.has(path) && queries.has(path)) {
      both.set(path, [...(both.get(path) ?? []), method.toUpperCase()].toSorted());
    }
  }
  const named = Object.entries(SHARED_PATHS).map(([path, methods]) => [path, methods.toSorted()]);
  expect(Object.fromEntries(named)).toEqual(Object.fromEntries(both));
});
