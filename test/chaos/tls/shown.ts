import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** PostgreSQL is spoken to in plain text until it has agreed to TLS (its manual: SSLRequest). */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** The serial number of the certificate that is shown at a port of this machine now. */
export async function serialAt(port: number, speaks: 'tls' | 'postgres'): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(2_000, () => socket.destroy(new Error(`no certificate is shown at port ${port}`)));
  try {
    if (speaks === 'postgres') await agree(socket);
    // Whether it can be trusted is what the services are asked.
    const secure = connectTls({ socket, rejectUnauthorized: false });
    await once(secure, 'secureConnect');
    return secure.getPeerCertificate().serialNumber;
  } finally {
    socket.destroy();
  }
}

async function agree(socket: Socket): Promise<void> {
  socket.write(SSL_REQUEST);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (answer.toString() !== 'S') throw new Error('PostgreSQL does not take TLS');
}
