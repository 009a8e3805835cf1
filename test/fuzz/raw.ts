import { createConnection } from 'node:net';
import type { Random } from '../support/random.ts';
import type { FuzzRequest } from './request.ts';

/** What a connection brought: the status of each answer, and the first answer's text. */
export interface RawAnswer {
  readonly statuses: readonly number[];
  readonly text: string;
}

const QUIET_MS = 2_000;

/** The bytes of a request as a client that hangs up afterwards would send them. */
export function bytesOf({ endpoint, url, headers, body = '' }: FuzzRequest, host: string): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(body);
  const head = `${endpoint.method} ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${lines.join('')}`;
  return Buffer.from(`${head}${length > 0 ? `Content-Length: ${length}\r\n` : ''}\r\n${body}`);
}

type Change = (bytes: Buffer, random: Random) => Buffer;

const spliced = (bytes: Buffer, at: number, gone: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + gone)]);

/** Pieces of HTTP, JSON and text where they do not belong. */
const PIECES = [
  ...[
    '\r\n',
    '\r\n\r\n',
    '\n',
    '\0',
    '\u00ff',
    '\ud83d',
    ' ',
    '\t',
    ':',
    '%',
    '%00',
    '%2e%2e%2f',
    '//',
    '/../',
  ],
  ...['{', '}', '[', ']', '"', '\\', '\\u0000', '\\ud800', ',', 'null', '1e400', '-0', '__proto__'],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 0\r\n',
    'Host: other\r\n',
    'Expect: 100-continue\r\n',
  ],
  ...[
    'Content-Type: application/json\r\n',
    'Authorization: Bearer x\r\n',
    ' HTTP/0.9\r\n',
    'x'.repeat(5_000),
  ],
];

const CHANGES: readonly Change[] = [
  (bytes, random) => spliced(bytes, random.below(bytes.length), 1, random.bytes(1)),
  (bytes, random) => spliced(bytes, random.below(bytes.length), 0, random.bytes(1 + random.below(8))),
  (bytes, random) => spliced(bytes, random.below(bytes.length), 1 + random.below(16), Buffer.alloc(0)),
  (bytes, random) => spliced(bytes, random.below(bytes.length), 0, Buffer.from(random.pick(PIECES))),
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\r\n');
    const at = random.below(lines.length);
    return Buffer.from(lines.toSpliced(at, 0, lines[at] as string).join('\r\n'), 'latin1');
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length) + 1),
];

/** One to three changes of the bytes. */
export function mangled(bytes: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let n = random.below(3); n >= 0; n -= 1) changed = random.pick(CHANGES)(changed, random);
  return changed;
}

/** Sends bytes on a connection of their own, and reads until the other side closes it or says nothing for two seconds. */
export function sendRaw(url: string, bytes: Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: hostname, port: Number(port) });
    let text = '';
    const done = () => {
      socket.destroy();
      const statuses = [...text.matchAll(/HTTP\/1\.\d (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ statuses, text });
    };
    socket.setTimeout(QUIET_MS, done);
    socket.setEncoding('latin1').on('data', (part) => {
      text += part;
    });
    socket.on('close', done);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Who refuses a request may hang up while it is still being sent.
      if (error.code === 'EPIPE' || error.code === 'ECONNRESET') done();
      else reject(error);
    });
    // Not ended: Nginx takes a half-closed connection for one whose client has gone.
    socket.write(bytes);
  });
}

/** What HTTP itself says with a 5xx: a method or a transfer coding, and a version, that nobody knows (RFC 9110 15.6.2, 15.6.6). */
const OF_HTTP = new Set([501, 505]);

/** Why an answer to mangled bytes is wrong; undefined if it is not. */
export function wrongIn({ statuses, text }: RawAnswer): string | undefined {
  // A request line that has lost its version is one of HTTP/0.9, whose answer is a body alone. A fault's has its status in it.
  const first = statuses[0] ?? statusIn(text);
  if (first === undefined) return undefined;
  if (first >= 500 && !OF_HTTP.has(first) && !/"code":"(read_model_behind|busy)"/.test(text))
    return text.slice(0, 400);
  return undefined;
}

function statusIn(text: string): number | undefined {
  const found = /^\{.*"status":(\d{3})\b/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}
