import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MONITORING, ROOT } from '../../integration/monitoring/files.ts';

interface Service {
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly networks?: readonly string[];
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly image?: string;
}

interface Job {
  readonly job_name: string;
  readonly dns_sd_configs?: readonly { readonly names: readonly string[]; readonly port: number }[];
}

const servicesOf = (file: string) =>
  parse(readFileSync(path.join(ROOT, file), 'utf8'), { merge: true }).services as Readonly<
    Record<string, Service>
  >;
const services = { ...servicesOf('deploy/compose/tls.yml'), ...servicesOf('docker-compose.yml') };
const jobs = parse(readFileSync(path.join(MONITORING, 'prometheus.yml'), 'utf8'))
  .scrape_configs as readonly Job[];
const found = jobs.flatMap(({ job_name: job, dns_sd_configs: all = [] }) =>
  all.flatMap(({ names, port }) => names.map((name) => [job, name, port] as const)),
);
const monitoring = Object.entries(services).filter(([, { profiles }]) => profiles?.includes('monitoring'));

describe('compose and Prometheus agree', () => {
  it.each(found)(
    'the job %s asks for the service %s, which is in reach, on its port %i',
    (_job, name, port) => {
      const service = services[name];
      expect(service?.networks).toContain('metrics');
      // Those that are not ours have their own ports.
      if (service?.environment?.PORT !== undefined) expect(service.environment.PORT).toBe(port);
    },
  );

  it('every service that runs all the time and has metrics is asked', () => {
    const ours = Object.entries(services).filter(([, { environment }]) => environment?.PORT !== undefined);
    expect(found.map(([, name]) => name)).toEqual(expect.arrayContaining(ours.map(([name]) => name)));
    expect(ours.map(([name]) => name).sort()).toEqual([
      'command-service',
      'history-tables',
      'notifier',
      'projector',
      'query-service',
      'relay',
    ]);
  });
});

describe('the profile monitoring', () => {
  it('is Prometheus, Grafana and the exporters, of pinned versions', () => {
    expect(monitoring.map(([name]) => name).sort()).toEqual([
      'blackbox',
      'grafana',
      'node-exporter',
      'prometheus',
    ]);
    for (const [, { image }] of monitoring) expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
  });

  it('publishes nothing but Grafana, on this machine alone, whose password stands in no file of the repository', () => {
    const ports = monitoring.flatMap(([, service]) => service.ports ?? []);
    expect(ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:.*:3000$/)]);
    const { environment = {} } = services.grafana as Service;
    expect(environment.GF_SECURITY_ADMIN_PASSWORD__FILE).toBe('/secrets/grafana/password');
    expect(environment).not.toHaveProperty('GF_SECURITY_ADMIN_PASSWORD');
  });

  it('nothing is mounted from the checkout, and every file of the configuration that is named is there', () => {
    const all = Object.values(services).flatMap(({ volumes = [] }) => volumes);
    expect(all.filter((volume) => volume.startsWith('./'))).toEqual([]);
    const named = [...JSON.stringify(services).matchAll(/\/configuration\/([\w./-]+\w)/g)]
      .map(([, file]) => file as string)
      .filter((file) => file.includes('/'));
    expect(named).toContain('monitoring/prometheus.yml');
    expect(named).toContain('nginx/container.sh');
    expect(named.filter((file) => !existsSync(path.join(ROOT, 'deploy', file)))).toEqual([]);
  });
});
