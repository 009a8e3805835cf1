import { z } from 'zod';
import { resolveProduct } from '../../shared/catalogue/catalogue.ts';
import { showCatalogue, shownCatalogueSchema } from '../../shared/catalogue/shown.ts';
import { invalidFields } from '../../shared/http/problems/problem.ts';
import { text } from '../../shared/http/routes/fields.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../context.ts';

/** A catalogue changes only with a restart, so a cache may answer for a minute. */
const CACHE_CONTROL = 'public, max-age=60';

const plans = queryRoute({
  method: 'get',
  path: '/v1/plans',
  operationId: 'getPlans',
  tag: 'Plans',
  summary: 'The products and plans that are sold',
  description:
    'In the order of the catalogue. What a subscription was started with may differ: it keeps its terms.',
  auth: 'anyone',
  crossOrigin: true,
  query: z.strictObject({
    product: text(1, 32).optional().meta({ description: 'Only the plans of this product.' }),
  }),
  answers: {
    200: {
      description: 'The catalogue.',
      body: shownCatalogueSchema,
      headers: { 'Cache-Control': CACHE_CONTROL },
    },
  },
  problems: [],
}).handle(async ({ catalogue }, { query }) => {
  const headers = { 'Cache-Control': CACHE_CONTROL };
  if (query.product === undefined) return { status: 200, headers, body: showCatalogue(catalogue) };
  const { found, detail } = resolveProduct(catalogue, query.product);
  if (!found) throw invalidFields({ pointer: '?product', detail });
  const body = showCatalogue({ products: new Map([[found.product, found]]) });
  return { status: 200, headers, body };
});

export const planRoutes: readonly Route<QueryContext>[] = [plans];
