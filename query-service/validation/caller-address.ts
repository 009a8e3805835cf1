import type { IncomingMessage } from 'node:http';
import { clientAddress, type TrustedProxies } from '../../shared/http/client-address.ts';

const MAX_REMEMBERED = 10_000;

/**
 * The address a request came from, as shared/http knows it. Working it out costs more than the rest of an answer
 * from memory, and the same few headers come again and again; so what came out is remembered.
 */
export function callerAddresses(trusted: TrustedProxies): (request: IncomingMessage) => string {
  let remembered = new Map<string, string>();
  return ({ headers, socket }) => {
    const header = headers['x-forwarded-for'];
    const forwarded = Array.isArray(header) ? header.join(',') : header;
    const remote = socket.remoteAddress;
    const name = forwarded === undefined ? (remote ?? '') : `${remote} ${forwarded}`;
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const address = clientAddress(remote, forwarded, trusted);
    if (remembered.size >= MAX_REMEMBERED) remembered = new Map();
    remembered.set(name, address);
    return address;
  };
}
