import { readFile } from 'node:fs/promises';
import { ConfigError } from '../../shared/config.ts';
import { changeSecretFile } from '../../shared/files/secret-file.ts';
import type { TokenKind } from '../../shared/tokens/kinds.ts';
import { formatRings, parseRings, type Ring, type Rings } from '../../shared/tokens/ring-model.ts';

/** @throws ConfigError the file can't be read, or holds no key rings */
export async function readRings(file: string): Promise<Rings> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError([
      `KEYRING_FILE: ${file} can't be read; make it with: keys init (${String(cause)})`,
    ]);
  });
  try {
    return parseRings(text);
  } catch (cause) {
    throw new ConfigError([
      `KEYRING_FILE: ${file} holds no key rings: ${(cause as Error).message}. Put it back from your secret store`,
    ]);
  }
}

/**
 * Changes the ring of one kind of token under the file's lock.
 * @returns what `change` says about it
 * @throws SecretFileBusy
 */
export async function changeRing<T extends { readonly ring: Ring }>(
  file: string,
  kind: TokenKind,
  change: (ring: Ring) => T,
): Promise<T> {
  await readRings(file);
  const done: T[] = [];
  await changeSecretFile(file, async () => {
    const rings = await readRings(file);
    const result = change(rings[kind]);
    done.push(result);
    return formatRings({ ...rings, [kind]: result.ring });
  });
  return done[0] as T;
}
