import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import type { CertificateFiles } from '../servers/authority.ts';

/** A certificate that is its own authority, for names and addresses as OpenSSL writes them: `DNS:localhost`, `IP:::1`. */
export interface Certificate extends CertificateFiles {
  [Symbol.dispose](): void;
}

export function createCertificate(names: readonly string[]): Certificate {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-tls-'));
  const [certificateFile, keyFile] = ['tls.crt', 'tls.key'].map((file) => path.join(directory, file)) as [
    string,
    string,
  ];
  const subject = ['-subj', '/CN=eventstoredb-node', '-addext', `subjectAltName=${names.join(',')}`];
  const files = ['-keyout', keyFile, '-out', certificateFile];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '2', ...subject, ...files],
    {
      stdio: 'ignore',
    },
  );
  return {
    certificateFile,
    keyFile,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export interface TlsProxy {
  readonly port: number;
  /** Names that clients gave for the server in their handshakes; undefined where they gave none. */
  readonly serverNames: (string | undefined)[];
  /** Shows to whoever connects from now on what stands in the certificate's file now. */
  reload(): void;
  /** Breaks all connections. */
  cut(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Takes TLS for HTTP/2 on a loopback address, and passes it on in plain text to 127.0.0.1. */
export async function startTlsProxy(
  host: string,
  certificate: CertificateFiles,
  targetPort: number,
): Promise<TlsProxy> {
  const serverNames: (string | undefined)[] = [];
  const sockets = new Set<{ destroy(): void }>();
  const read = () => ({
    cert: readFileSync(certificate.certificateFile),
    key: readFileSync(certificate.keyFile),
  });
  const server = createServer({ ...read(), ALPNProtocols: ['h2'] }, (client) => {
    serverNames.push(client.servername || undefined);
    const target = connect(targetPort, '127.0.0.1');
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  // A client that doesn't trust the certificate breaks the handshake off.
  server.on('tlsClientError', () => undefined);
  server.listen(0, host);
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    serverNames,
    reload: () => server.setSecureContext(read()),
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
