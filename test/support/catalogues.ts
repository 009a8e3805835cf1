import path from 'node:path';

/** Customers start all plans but `enterprise` themselves; the rest is as in the default catalogue. */
export const SELF_SERVICE = path.resolve(import.meta.dirname, '../fixtures/catalogues/self-service.json');
