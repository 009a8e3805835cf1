import type { IncomingMessage } from 'node:http';
import { MIMEType, promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Problem } from '../problems/problem.ts';
import { duplicateMember } from './duplicate-member.ts';
import { pointerTo } from './pointer.ts';

/** Bytes of a body, also of what a compressed one holds. The largest that any route needs is a tenth of it. */
export const BODY_LIMIT = 16_384;

const inflate = promisify(gunzip);

/** The encodings of Unicode that JSON is not written in (RFC 8259, 8.1). */
const OTHER_UNICODE = /^utf-?(?:7|16|32)(?:[lb]e)?$/;

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * The value of a JSON body, by the one rule of every route: UTF-8, a byte order mark skipped, gzip taken, at most
 * {@link BODY_LIMIT} bytes, and no member given twice. An empty body is undefined.
 * @throws Problem unsupported_media_type, body_too_large, malformed_request, malformed_json, invalid_request
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  checkMediaType(request, 'application/json');
  const text = decode(await readContent(request));
  if (text === '') return undefined;
  const value = parse(text);
  const twice = duplicateMember(text);
  if (twice) {
    throw new Problem('invalid_request', {
      errors: [{ pointer: pointerTo('body', twice), detail: 'given twice' }],
    });
  }
  return value;
}

/**
 * The fields of a form, by the same rules. An empty body is undefined.
 * @throws Problem unsupported_media_type, body_too_large, malformed_request, malformed_json, invalid_request
 */
export async function readForm(request: IncomingMessage): Promise<unknown> {
  checkMediaType(request, 'application/x-www-form-urlencoded');
  const text = decode(await readContent(request));
  if (text === '') return undefined;
  const fields = [...new URLSearchParams(text)];
  const names = fields.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const pointer = pointerTo('body', [twice]);
    throw new Problem('invalid_request', { errors: [{ pointer, detail: 'given twice' }] });
  }
  return Object.fromEntries(fields);
}

/** @throws Problem unsupported_media_type, malformed_json */
function checkMediaType({ headers }: IncomingMessage, expected: string): void {
  const type = mediaType(headers['content-type']);
  if (type?.essence !== expected)
    throw new Problem('unsupported_media_type', { detail: `The body must be ${expected}.` });
  const charset = type.params.get('charset')?.toLowerCase() ?? 'utf-8';
  if (charset === 'utf-8' || charset === 'utf8') return;
  if (OTHER_UNICODE.test(charset)) throw notUtf8();
  throw new Problem('unsupported_media_type', { detail: 'The body must be in UTF-8.' });
}

function mediaType(header: string | undefined): MIMEType | undefined {
  try {
    return new MIMEType(header ?? '');
  } catch {
    return undefined;
  }
}

/** The body's bytes, inflated. @throws Problem */
async function readContent(request: IncomingMessage): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return readBytes(request);
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new Problem('unsupported_media_type', { detail: 'The body may be compressed with gzip alone.' });
  const bytes = await readBytes(request);
  try {
    return await inflate(bytes, { maxOutputLength: BODY_LIMIT });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw new Problem('body_too_large');
    throw new Problem('malformed_request', { detail: 'The body is not valid gzip.', cause });
  }
}

/** What is sent beyond the limit is left unread. @throws Problem body_too_large, malformed_request */
function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT)
    return Promise.reject(new Problem('body_too_large'));
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_LIMIT) return void chunks.push(chunk);
      request.pause();
      reject(new Problem('body_too_large'));
    })
    .once('end', () => resolve(Buffer.concat(chunks)))
    .once('error', (cause) => reject(new Problem('malformed_request', { cause })))
    .once('close', () =>
      reject(new Problem('malformed_request', { detail: 'The body did not arrive whole.' })),
    );
  return promise;
}

/** Strictly: two different invalid texts must not become the same one. @throws Problem malformed_json */
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('malformed_json', { cause });
  }
}

const notUtf8 = (): Problem => new Problem('malformed_json', { detail: 'The body must be in UTF-8.' });
