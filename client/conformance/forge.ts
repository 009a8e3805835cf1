import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

const decoded = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString());

/** A lease in its parts. */
export function partsOf(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { header: decoded(header), payload: decoded(payload), signature };
}

/** The same signature under another payload. */
export function withPayload(token: string, change: object): string {
  const { payload } = partsOf(token);
  const [header, , signature] = token.split('.');
  return [header, encoded({ ...payload, ...change }), signature].join('.');
}

/** A signature with its first bit flipped. */
export function withOtherSignature(token: string): string {
  const { signature } = partsOf(token);
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 0x80;
  return [...token.split('.').slice(0, 2), bytes.toString('base64url')].join('.');
}

/** Says that it needs no signature (RFC 8725, 2.1). */
export function unsigned(token: string): string {
  const { header } = partsOf(token);
  return [encoded({ ...header, alg: 'none' }), token.split('.')[1], ''].join('.');
}

/** Signed with the public key, as if it were a shared secret (RFC 8725, 2.1). */
export function signedWithPublicKey(token: string, keys: JSONWebKeySet): string {
  const { header } = partsOf(token);
  const secret = Buffer.from(String(keys.keys.find(({ kid }) => kid === header.kid)?.x), 'base64url');
  const signed = `${encoded({ ...header, alg: 'HS256' })}.${token.split('.')[1]}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Somebody with a key of their own, who signs what the running system would never sign. */
export async function otherSigner(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig' };
  return {
    jwk,
    /** The same lease, changed. A claim that is undefined is left out. */
    sign: (token: string, claims: object = {}, header: object = {}): Promise<string> => {
      const parts = partsOf(token);
      return new SignJWT({ ...parts.payload, ...claims })
        .setProtectedHeader({ ...parts.header, alg: 'EdDSA', kid, ...header })
        .sign(privateKey);
    },
  };
}
