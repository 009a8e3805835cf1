import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { stripTypes } from './strip-types.ts';

/** A file as it is sent. */
export interface Asset {
  /** Its path on the server. */
  readonly url: string;
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  /** Weak: both encodings have the same. */
  readonly etag: string;
}

/** The folders of this one that browsers get, whole. `serve.ts` and what it needs stand outside. */
const FOLDERS = ['parts', 'front', 'console', 'account'] as const;

/** Bare names that modules in the browser may import, by the packages' own modules for browsers. */
const LIBRARIES = {
  preact: 'preact',
  'preact/hooks': 'preact/hooks',
  htm: 'htm',
  'qrcode-generator': 'qrcode-generator',
} as const;

/** Imported where it is needed alone: nobody waits for it who sets up no second factor. */
export const LATE = libraryUrl('qrcode-generator');

const TYPES: Readonly<Record<string, string>> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Text as it is sent, compressed once for everybody who asks. */
export function asset(url: string, type: string, text: string): Asset {
  const body = Buffer.from(text);
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { url, type, body, gzipped: gzipSync(body, { level: 9 }), etag: `W/"${digest}"` };
}

function libraryUrl(name: string): string {
  return `/pages/libraries/${name.replaceAll('/', '-')}.mjs`;
}

/** What an import map says, so that modules name their libraries as they do everywhere. */
export const importMap = JSON.stringify({
  imports: Object.fromEntries(Object.keys(LIBRARIES).map((name) => [name, libraryUrl(name)])),
});

const library = ([name, specifier]: [string, string]): Asset => {
  const source = readFileSync(fileURLToPath(import.meta.resolve(specifier)), 'utf8');
  // The map is not served: a browser's tools would ask for it in vain.
  return asset(
    libraryUrl(name),
    TYPES['.mjs'] as string,
    source.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'),
  );
};

/**
 * Everything that the pages consist of, read and compressed once: a quarter of a second at start, and then no file is opened for
 * a page any more. TypeScript is served under its own name, its types blanked out, so a line in a browser's console is
 * the line in the repository.
 */
export function readAssets(): Asset[] {
  const own = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(import.meta.dirname, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
      .filter((file) => path.extname(file) in TYPES)
      .sort(),
  );
  return [
    ...Object.entries(LIBRARIES).map(library),
    ...own.map((file) => {
      const source = readFileSync(path.join(import.meta.dirname, file), 'utf8');
      const type = TYPES[path.extname(file)] as string;
      return asset(`/pages/${file}`, type, file.endsWith('.ts') ? stripTypes(source) : source);
    }),
  ];
}
