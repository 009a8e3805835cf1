import { groupingLabels, selectorsOf } from './expressions.ts';
import { allRules, panelQueries } from './files.ts';
import type { Prometheus } from './prometheus.ts';

/** Metrics of what runs only beside a Kafka. */
const OF_KAFKA = /\brelay_/;
/** Metrics of what runs only where history tables are kept up. */
const OF_HISTORY = /\bhistory_/;
/** Metrics of EventStoreDB itself, which the local event store does not have. */
const OF_EVENTSTOREDB = /\beventstore_/;
/** Metrics that Prometheus makes itself. */
const BY_PROMETHEUS = new Set(['up', 'ALERTS']);
/** Metrics of the blackbox exporter, which runs where TLS is served. */
const OF_TLS = new Set(['probe_ssl_earliest_cert_expiry']);

export const isOfKafka = (expr: string): boolean => OF_KAFKA.test(expr);
export const isOfEventStoreDb = (expr: string): boolean => OF_EVENTSTOREDB.test(expr);
/** Of what runs everywhere. */
export const isOfEverywhere = (expr: string): boolean =>
  !isOfKafka(expr) && !isOfEventStoreDb(expr) && !OF_HISTORY.test(expr);

/** The metrics and labels of the given rules and panels that Prometheus has found nowhere. */
export async function unknownNames(
  prometheus: Prometheus,
  meant: (expr: string) => boolean,
): Promise<string[]> {
  const rules = allRules();
  const recorded = new Set(rules.flatMap((rule) => ('record' in rule ? [rule.record] : [])));
  const known = await prometheus.labels();
  const labels = new Set([...known.values()].flatMap((names) => [...names]));
  const unknown = [...rules, ...panelQueries()]
    .filter(({ expr }) => meant(expr))
    .flatMap(({ expr }) => [
      ...selectorsOf(expr)
        .filter(({ metric }) => !BY_PROMETHEUS.has(metric) && !OF_TLS.has(metric) && !recorded.has(metric))
        .flatMap(({ metric, labels: used }) =>
          known.has(metric)
            ? used.filter((label) => !known.get(metric)?.has(label)).map((label) => `${metric}{${label}}`)
            : [metric],
        ),
      ...groupingLabels(expr).filter((label) => !labels.has(label)),
    ]);
  return [...new Set(unknown)];
}

/** Whether a panel's query returns a number. */
export async function hasData(prometheus: Prometheus, expr: string): Promise<boolean> {
  // What Grafana puts there: at least four looks of Prometheus.
  const samples = await prometheus.query(expr.replaceAll('$__rate_interval', '5m'));
  return samples.some(({ value }) => !Number.isNaN(value));
}
