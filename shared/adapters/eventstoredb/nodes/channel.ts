import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import grpc from '@grpc/grpc-js';
import type { ConnectionSettings } from './connection-string.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * EventStoreDB writes events of up to 16 MiB (by its older protocol), which must be readable.
 */
const MAX_MESSAGE_BYTES = 17 * 1024 * 1024;

/**
 * TLS has no server name for an IP address (RFC 6066, 3), and Node refuses one; grpc-js gives it all the same. So it is
 * given this one, of a domain that never exists (RFC 2606), and the certificate is checked against the address.
 */
const NO_SERVER_NAME = 'ip-address.invalid';

/** What a client of this node is made with. The certificate must bear the name, or the IP address, that it is reached by. */
export function channelTo(endpoint: Endpoint, settings: ConnectionSettings) {
  const identity = endpoint.name ?? endpoint.address;
  const options: grpc.ChannelOptions = {
    'grpc.keepalive_time_ms': forever(settings.keepAliveInterval),
    'grpc.keepalive_timeout_ms': forever(settings.keepAliveTimeout),
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    // Else a client of the same address would be given the connection that has just been given up.
    'grpc.use_local_subchannel_pool': 1,
  };
  if (!settings.tls) return { credentials: grpc.credentials.createInsecure(), options };
  const { ca = null, key = null, cert = null } = settings.tls;
  if (isIP(identity) === 0) {
    if (endpoint.name) options['grpc.ssl_target_name_override'] = endpoint.name;
    return { credentials: grpc.credentials.createSsl(ca, key, cert), options };
  }
  options['grpc.ssl_target_name_override'] = NO_SERVER_NAME;
  const credentials = grpc.credentials.createSsl(ca, key, cert, {
    checkServerIdentity: (_name, certificate) => checkServerIdentity(identity, certificate),
  });
  return { credentials, options };
}

const forever = (ms: number) => (ms < 0 ? Number.MAX_SAFE_INTEGER : ms);
