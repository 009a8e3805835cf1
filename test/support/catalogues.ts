import path from 'node:path';

/** Customers start all plans but `enterprise` themselves; the rest is as in the default catalogue. */
export const SELF_SERVICE = path.resolve(import.meta.dirname, '../fixtures/catalogues/self-service.json');

/** Two products: `app` as in the default catalogue, its paid plans started by staff, and `studio` (solo, team). */
export const TWO_PRODUCTS = path.resolve(import.meta.dirname, '../fixtures/catalogues/two-products.json');
