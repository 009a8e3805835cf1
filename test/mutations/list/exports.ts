import type { Mutation } from '../mutation.ts';

export const EXPORTS: readonly Mutation[] = [
  {
    name: 'a run leaves out the event that the part it writes again begins with',
    promise: 'exports',
    file: 'cli/replay/folder/export.ts',
    find: 'return { from: positionOf(open.first), last,',
    replace: 'return { after: positionOf(open.first), last,',
    tier: 'integration',
    tests: 'replay/folder',
  },
  {
    name: 'an export has the ids of who was erased',
    promise: 'exports',
    file: 'cli/replay/folder/export.ts',
    find: 'isErased: (user) => erased.has(user),',
    replace: 'isErased: () => false,',
    tier: 'integration',
    tests: 'replay/folder',
  },
  {
    name: 'a folder that somebody changed is gone on with',
    promise: 'exports',
    file: 'cli/export-folder/folder.ts',
    find: 'if (problems.length > 0) {',
    replace: 'if (problems.length > 1e9) {',
    tier: 'integration',
    tests: 'replay/folder',
  },
  {
    name: 'what a kill cut off is neither carried through nor taken back',
    promise: 'exports',
    file: 'cli/export-folder/folder.ts',
    find: `    await finish(folder);
`,
    replace: '',
    tier: 'unit',
    tests: 'cli/export-folder',
  },
  {
    name: 'an erasure does not reach the months that are over',
    promise: 'exports',
    file: 'cli/replay/folder/erasures.ts',
    find: 'if (!parts.some((part) => isOpen(part, at))) continue;',
    replace: 'continue;',
    tier: 'integration',
    tests: 'replay/folder',
  },
];
