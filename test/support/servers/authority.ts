import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { serverAccount } from '../../../local/servers/account.ts';

/** Where a server finds its certificate and key. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

const THIS_MACHINE = 'DNS:localhost,IP:127.0.0.1';

/** `openssl ca` alone can be told the second at which a certificate ends. */
const CONFIGURATION = `
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
[server]
subjectAltName = $ENV::NAMES
`;

/** A certificate authority of this test's own, in a folder that is there for it alone. */
export class Authority {
  readonly file: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.file = path.join(folder, 'ca.crt');
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeFileSync(path.join(folder, 'openssl.cnf'), CONFIGURATION);
    writeFileSync(path.join(folder, 'index.txt'), '');
    const key = ['-newkey', 'ed25519', '-nodes', '-keyout', 'ca.key'];
    this.#openssl({}, 'req', '-x509', ...key, '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test authority');
  }

  /**
   * Writes a certificate where the server of that name looks for it, in place of the one before; its key stays. Answers its
   * serial number. `endsInMs`: from now on, and before now if it is negative. `names`: as OpenSSL writes them.
   */
  issue(
    server: string,
    endsInMs: number,
    names = THIS_MACHINE,
  ): { readonly files: CertificateFiles; readonly serial: string } {
    const inFolder = (file: string) => path.join(this.#folder, file);
    const [keyFile, certificateFile] = [inFolder(`${server}.key`), inFolder(`${server}.crt`)];
    const request = ['-out', `${server}.csr`, '-subj', '/CN=localhost'];
    if (!existsSync(keyFile)) {
      this.#openssl(
        {},
        'req',
        '-new',
        '-newkey',
        'ed25519',
        '-nodes',
        '-keyout',
        `${server}.key`,
        ...request,
      );
      // PostgreSQL takes no key that others may read.
      const account = serverAccount();
      if (account) chownSync(keyFile, account.uid, account.gid);
    }
    const from = ['-startdate', utc(Date.now() - 86_400_000), '-enddate', utc(Date.now() + endsInMs)];
    const authority = [
      '-config',
      'openssl.cnf',
      '-cert',
      'ca.crt',
      '-keyfile',
      'ca.key',
      '-extensions',
      'server',
    ];
    const files = ['-in', `${server}.csr`, '-out', `${server}.new`];
    this.#openssl({ NAMES: names }, 'ca', '-batch', '-notext', ...authority, ...from, ...files);
    renameSync(inFolder(`${server}.new`), certificateFile);
    const { serialNumber } = new X509Certificate(readFileSync(certificateFile));
    return { files: { certificateFile, keyFile }, serial: serialNumber };
  }

  #openssl(env: NodeJS.ProcessEnv, ...args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'pipe', env: { ...process.env, ...env } });
  }
}

/** `20261128084500Z`, as OpenSSL wants it. */
const utc = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
