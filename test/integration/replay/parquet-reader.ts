import { zstdDecompressSync } from 'node:zlib';

/** What hyparquet decompresses Zstandard pages with. */
export const ZSTD = { ZSTD: (input: Uint8Array) => new Uint8Array(zstdDecompressSync(input)) };
