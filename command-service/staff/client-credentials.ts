/** Who asks for a token, and how they prove it (RFC 6749, 2.3.1). */
export interface ClientCredentials {
  readonly clientId: string;
  readonly secret: string;
}

interface Given {
  readonly authorization: string | undefined;
  readonly clientId: string | undefined;
  readonly secret: string | undefined;
}

/** In Basic both are written as a form's values are, so that they may hold a colon. */
function formDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function fromBasic(authorization: string): ClientCredentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  const parts = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8'));
  const [clientId, secret] = (parts?.slice(1) ?? []).map(formDecoded);
  return clientId && secret ? { clientId, secret } : undefined;
}

/**
 * The credentials of a request, from its header or its body.
 * @returns 'both' where they come in two ways, which the RFC forbids; 'none' where they are missing or unreadable
 */
export function clientCredentials({
  authorization,
  clientId,
  secret,
}: Given): ClientCredentials | 'both' | 'none' {
  if (authorization !== undefined) {
    if (secret !== undefined) return 'both';
    const basic = fromBasic(authorization);
    if (basic && clientId !== undefined && clientId !== basic.clientId) return 'both';
    return basic ?? 'none';
  }
  return clientId !== undefined && secret !== undefined ? { clientId, secret } : 'none';
}
