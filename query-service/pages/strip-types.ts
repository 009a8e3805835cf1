import { stripTypeScriptTypes } from 'node:module';

/**
 * Node says at the first call that the function is experimental. It is the one that runs this very file, the version of
 * Node is pinned, and a warning at every start of every node would teach people to ignore warnings.
 */
function withoutWarning(first: () => void): void {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    first();
  } finally {
    process.emitWarning = emitWarning;
  }
}

withoutWarning(() => stripTypeScriptTypes(''));

/** JavaScript with spaces where the types stood: lines and columns stay what they are. @throws SyntaxError */
export const stripTypes = (source: string): string => stripTypeScriptTypes(source);
