import { isLoopback } from '../loopback.ts';

/*
 * The cookie of a member of staff's session. Behind https its name begins with `__Host-` (RFC 6265bis, 4.1.3.2): browsers take
 * it from this very host over TLS alone, so that no other host of the domain can plant one.
 */

export interface SessionCookie {
  readonly name: string;
  /** The value of `Set-Cookie` that keeps the session's token for so long. */
  set(token: string, seconds: number): string;
  /** The one that forgets it. */
  readonly clear: string;
  /** The session's token in a `Cookie` header. Undefined also where two are there: one of them was planted. */
  read(header: string | undefined): string | undefined;
  /** Whether a session may begin over a connection to this `Host`: without TLS only on the machine itself. */
  mayBegin(host: string | undefined): boolean;
}

/** @param publicUrl the setting PUBLIC_URL */
export const sessionCookie = (publicUrl: string): SessionCookie => hostCookie(publicUrl, 'staff', 'Strict');

/** What a browser has to bring back from an OpenID provider, whose page sends it here: so not `Strict`. */
export const pendingCookie = (publicUrl: string): SessionCookie => hostCookie(publicUrl, 'staff-oidc', 'Lax');

function hostCookie(publicUrl: string, bare: string, sameSite: 'Strict' | 'Lax'): SessionCookie {
  const isSecure = publicUrl.startsWith('https:');
  const name = isSecure ? `__Host-${bare}` : bare;
  const attributes = `Path=/; HttpOnly; SameSite=${sameSite}${isSecure ? '; Secure' : ''}`;
  const read = (header: string | undefined): string | undefined => {
    const values = (header ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${name}=`));
    return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
  };
  return {
    name,
    set: (token, seconds) => `${name}=${token}; Max-Age=${seconds}; ${attributes}`,
    clear: `${name}=; Max-Age=0; ${attributes}`,
    read,
    mayBegin: (host) => isSecure || isLoopback((host ?? '').replace(/:\d+$/, '')),
  };
}
