import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

/** Where links lead that the tool prints and the notifier mails. */
export const PUBLIC_URL = 'https://licenses.example.com';

/** What `docker inspect` says of a container, as far as it is looked at here. */
export interface Container {
  readonly Id: string;
  readonly Name: string;
  readonly State: {
    readonly Status: string;
    readonly ExitCode: number;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly CapAdd: readonly string[] | null;
    readonly SecurityOpt: readonly string[] | null;
    readonly Memory: number;
    readonly RestartPolicy: { readonly Name: string };
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly PortBindings: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>
    > | null;
  };
}

/** A project of Docker Compose: the shipped file, as a user starts it, under a name and on a port of the test's own. */
export class Compose {
  readonly url: string;
  readonly #environment: Record<string, string | undefined>;

  /** @param standIns whether to use the project's own event store: where no registry has EventStoreDB's image */
  constructor(options: { readonly name: string; readonly port: number; readonly standIns: boolean }) {
    this.url = `http://127.0.0.1:${options.port}`;
    this.#environment = {
      ...process.env,
      COMPOSE_PROJECT_NAME: options.name,
      COMPOSE_FILE: ['docker-compose.yml', ...(options.standIns ? ['test/docker/stand-in.yml'] : [])].join(
        ':',
      ),
      HTTP_PORT: `127.0.0.1:${options.port}`,
      SIGNUPS_PER_MINUTE: '100000',
      LOGINS_PER_MINUTE: '100000',
      WRONG_GUESSES_PER_ADDRESS: '100000',
      PUBLIC_URL,
      MAIL_URL: 'file:/tmp/mails',
      MAIL_FROM: 'Example Software <licenses@example.com>',
      COMMANDS_PER_MINUTE: '100000',
      QUERIES_PER_MINUTE: '100000',
    };
  }

  /** Runs a program with the project's settings. @returns its standard output @throws Error with all that it printed */
  async run(program: string, ...args: readonly string[]): Promise<string> {
    const options = { cwd: root, env: this.#environment, maxBuffer: 64 * 2 ** 20 };
    try {
      return (await run(program, args, options)).stdout.trim();
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
    }
  }

  compose(...args: readonly string[]): Promise<string> {
    return this.run('docker', 'compose', ...args);
  }

  /** The same command for a first start, an upgrade, and another number of nodes. */
  async up(...scale: readonly string[]): Promise<void> {
    await this.compose('up', '--detach', '--wait', ...scale.flatMap((one) => ['--scale', one]));
  }

  /** Gives the image's tag to another image with another Nginx configuration, as a build or a pull of a new release does. */
  async release(image: string): Promise<void> {
    const folder = mkdtempSync(path.join(tmpdir(), 'license-test-release-'));
    const change = `printf '# ${folder}\\n' >> deploy/nginx/nginx.conf.template`;
    try {
      writeFileSync(
        path.join(folder, 'Dockerfile'),
        `FROM ${image}\nUSER root\nRUN ${change}\nUSER 10001:10001\n`,
      );
      await this.run('docker', 'build', '--quiet', '--tag', image, folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** A command of the tool, in a container of its own. */
  tool(...args: readonly string[]): Promise<string> {
    return this.compose('run', '--rm', '--no-TTY', 'cli', ...args);
  }

  /** The containers of a service, those that ended included; of all services if none is named. */
  async containers(...services: readonly string[]): Promise<Container[]> {
    const ids = (await this.compose('ps', '--all', '--quiet', ...services))
      .split('\n')
      .filter((id) => id !== '');
    return ids.length === 0 ? [] : JSON.parse(await this.run('docker', 'inspect', ...ids));
  }

  /** What a service's container answers on its own port; from outside nothing but Nginx can be reached. */
  ask(container: string, port: number, resource: string): Promise<string> {
    const script = `fetch('http://127.0.0.1:${port}${resource}').then((a) => a.text()).then((t) => process.stdout.write(t))`;
    return this.run('docker', 'exec', container, 'node', '-e', script);
  }

  /** Ends a container and starts it again; resolves when it takes requests. */
  async restart(container: string): Promise<void> {
    await this.run('docker', 'restart', '--time', '30', container);
    await eventually('the container is healthy', () => this.#healthy(container), 60_000);
  }

  async #healthy(container: string): Promise<boolean> {
    return (
      (await this.run('docker', 'inspect', '--format', '{{.State.Health.Status}}', container)) === 'healthy'
    );
  }

  async down(): Promise<void> {
    await this.compose('--profile', 'tools', 'down', '--volumes', '--remove-orphans', '--timeout', '20');
  }
}

export const serviceOf = (container: Container): string =>
  container.Config.Labels['com.docker.compose.service'] ?? '';
