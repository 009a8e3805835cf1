/**
 * Server settings of a query node's connections. Nearly everything is looked up by a key, and the plans are kept: one
 * that was made while a table was small would scan or hash all of it from then on, until the table is analysed (20 users
 * at first, 50,000 a moment later: 46 ms for a validation's views, and 3 ms with these). Compiling a plan costs more than
 * running any of them.
 */
export const LOOKUP_SETTINGS: Readonly<Record<string, string>> = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
};
