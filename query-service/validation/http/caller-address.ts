import type { IncomingMessage } from 'node:http';
import { clientAddress, type TrustedProxies } from '../../../shared/http/limits/client-address.ts';

const MAX_REMEMBERED = 10_000;
/** A longer header is somebody's own invention: a few thousand of those, remembered, would fill the memory. */
const MAX_LENGTH = 200;

/**
 * The address a request came from, as shared/http works it out. That costs more than the rest of an answer from
 * memory, and the same few peers and headers come again and again; so what came out is remembered.
 */
export function callerAddresses(trusted: TrustedProxies): (request: IncomingMessage) => string {
  const peers = new Map<string, Map<string, string>>();
  let remembered = 0;
  return ({ headers, socket }) => {
    const header = headers['x-forwarded-for'];
    const forwarded = typeof header === 'string' ? header : header?.join(',');
    const peer = socket.remoteAddress ?? '';
    const known = peers.get(peer)?.get(forwarded ?? '');
    if (known !== undefined) return known;
    const address = clientAddress(peer, forwarded, trusted);
    if (forwarded !== undefined && forwarded.length > MAX_LENGTH) return address;
    if (remembered >= MAX_REMEMBERED) {
      peers.clear();
      remembered = 0;
    }
    const ofPeer = peers.get(peer) ?? new Map<string, string>();
    peers.set(peer, ofPeer.set(forwarded ?? '', address));
    remembered += 1;
    return address;
  };
}
