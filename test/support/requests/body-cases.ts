import { gzipSync } from 'node:zlib';

/** A body in some writing, and what the one rule of every route says of it. */
export interface BodyCase {
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** The problem's code; `taken` where the route reads the body as it was meant. */
  readonly answer:
    | 'taken'
    | 'malformed_json'
    | 'malformed_request'
    | 'unsupported_media_type'
    | 'body_too_large';
}

const LIMIT = 16_384;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const utf32le = (text: string): Buffer =>
  Buffer.concat(
    [...text].map((letter) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(letter.codePointAt(0) ?? 0);
      return bytes;
    }),
  );

/** @param text JSON that the route takes */
export function bodyCases(text: string): readonly BodyCase[] {
  const json = { 'Content-Type': 'application/json' };
  const typed = (type: string) => ({ 'Content-Type': type });
  const gzip = { ...json, 'Content-Encoding': 'gzip' };
  const plain = Buffer.from(text);
  const padded = (bytes: number) => Buffer.concat([plain, Buffer.alloc(bytes - plain.length, ' ')]);
  const bad = Buffer.concat([plain.subarray(0, -2), Buffer.from([0xff]), plain.subarray(-2)]);
  const overlong = Buffer.concat([plain.subarray(0, -2), Buffer.from([0xc0, 0xaf]), plain.subarray(-2)]);
  const surrogate = Buffer.concat([
    plain.subarray(0, -2),
    Buffer.from([0xed, 0xa0, 0x80]),
    plain.subarray(-2),
  ]);
  return [
    { what: 'UTF-8', headers: json, bytes: plain, answer: 'taken' },
    {
      what: 'UTF-8, named',
      headers: typed('application/json; charset=UTF-8'),
      bytes: plain,
      answer: 'taken',
    },
    {
      what: 'UTF-8, quoted',
      headers: typed('Application/JSON;charset="utf-8"'),
      bytes: plain,
      answer: 'taken',
    },
    {
      what: 'a byte order mark',
      headers: json,
      bytes: Buffer.concat([BYTE_ORDER_MARK, plain]),
      answer: 'taken',
    },
    { what: 'gzip', headers: gzip, bytes: gzipSync(plain), answer: 'taken' },
    { what: 'identity', headers: { ...json, 'Content-Encoding': 'identity' }, bytes: plain, answer: 'taken' },
    { what: 'the most bytes', headers: json, bytes: padded(LIMIT), answer: 'taken' },
    { what: 'a byte more', headers: json, bytes: padded(LIMIT + 1), answer: 'body_too_large' },
    { what: 'the most bytes in gzip', headers: gzip, bytes: gzipSync(padded(LIMIT)), answer: 'taken' },
    {
      what: 'a byte more in gzip',
      headers: gzip,
      bytes: gzipSync(padded(LIMIT + 1)),
      answer: 'body_too_large',
    },
    { what: 'a bomb', headers: gzip, bytes: gzipSync(Buffer.alloc(15_000_000)), answer: 'body_too_large' },
    { what: 'gzip that is none', headers: gzip, bytes: plain, answer: 'malformed_request' },
    {
      what: 'gzip cut off',
      headers: gzip,
      bytes: gzipSync(plain).subarray(0, -9),
      answer: 'malformed_request',
    },
    { what: 'a byte that is no UTF-8', headers: json, bytes: bad, answer: 'malformed_json' },
    { what: 'an overlong form', headers: json, bytes: overlong, answer: 'malformed_json' },
    { what: 'a surrogate in UTF-8', headers: json, bytes: surrogate, answer: 'malformed_json' },
    {
      what: 'a byte that is no UTF-8 in gzip',
      headers: gzip,
      bytes: gzipSync(bad),
      answer: 'malformed_json',
    },
    { what: 'UTF-16', headers: json, bytes: Buffer.from(text, 'utf16le'), answer: 'malformed_json' },
    {
      what: 'UTF-16, named',
      headers: typed('application/json; charset=utf-16'),
      bytes: utf16be(text),
      answer: 'malformed_json',
    },
    {
      what: 'UTF-32, named',
      headers: typed('application/json; charset=utf-32le'),
      bytes: utf32le(text),
      answer: 'malformed_json',
    },
    { what: 'UTF-32', headers: json, bytes: utf32le(text), answer: 'malformed_json' },
    {
      what: 'UTF-7, named',
      headers: typed('application/json; charset=utf-7'),
      bytes: plain,
      answer: 'malformed_json',
    },
    {
      what: 'Latin 1',
      headers: typed('application/json; charset=iso-8859-1'),
      bytes: plain,
      answer: 'unsupported_media_type',
    },
    {
      what: 'an unknown charset',
      headers: typed('application/json; charset=x'),
      bytes: plain,
      answer: 'unsupported_media_type',
    },
    {
      what: 'deflate',
      headers: { ...json, 'Content-Encoding': 'deflate' },
      bytes: plain,
      answer: 'unsupported_media_type',
    },
    {
      what: 'brotli',
      headers: { ...json, 'Content-Encoding': 'br' },
      bytes: plain,
      answer: 'unsupported_media_type',
    },
    {
      what: 'gzip twice',
      headers: { ...json, 'Content-Encoding': 'gzip, gzip' },
      bytes: gzipSync(gzipSync(plain)),
      answer: 'unsupported_media_type',
    },
    { what: 'no type', headers: typed(''), bytes: plain, answer: 'unsupported_media_type' },
    { what: 'another type', headers: typed('text/json'), bytes: plain, answer: 'unsupported_media_type' },
  ];
}

/** Sends the body. @returns the problem's code, else undefined, and the fields that it names */
export async function sendBody(
  url: string,
  { headers, bytes }: Pick<BodyCase, 'headers' | 'bytes'>,
): Promise<{ readonly code: string | undefined; readonly pointers: readonly string[] }> {
  const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(bytes) });
  const answer = (await response.json()) as { code?: string; errors?: { pointer: string }[] };
  const isProblem = response.headers.get('Content-Type') === 'application/problem+json';
  return {
    code: isProblem ? answer.code : undefined,
    pointers: (answer.errors ?? []).map(({ pointer }) => pointer),
  };
}
