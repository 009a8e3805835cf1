/** What happens to the metrics of one alert: it is quiet at first, then its cause is there, then it has gone. */
export interface AlertCase {
  readonly alert: string;
  /** Samples of a minute each, in promtool's notation: `0+6x3` is 0 6 12 18, `1x2` is 1 1 1, `_` is none. */
  readonly series: Readonly<Record<string, string>>;
  /** Minutes at which it does not fire yet, fires, and does not fire any more. */
  readonly at: readonly [quiet: number, fires: number, clears: number];
  /** Of the alert, beside its severity. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A level that is good for 6 minutes, bad for 20, and good again. */
const level = (good: number, bad: number): string => `${good}x5 ${bad}x19 ${good}x29`;
/** For a {@link level}: when it fires. */
const from = (minute: number) => [5, minute, 40] as const;
/** A counter that rests for 10 minutes, rises for 30, and rests again. */
const rise = (perMinute: number): string => `0x9 0+${perMinute}x29 ${perMinute * 29}x40`;
const whileRising = [9, 25, 60] as const;

/** A histogram of 100 observations a minute of which, for 30 minutes, a tenth takes longer than `limit`. */
const slow = (metric: string, limit: number): Record<string, string> => ({
  [`${metric}_bucket{le="${limit}"}`]: '0+100x9 1000+90x29 3700+100x49',
  [`${metric}_bucket{le="${limit * 1.9}"}`]: '0+100x99',
  [`${metric}_bucket{le="+Inf"}`]: '0+100x99',
});

/** Validations of which, in between, some fail. */
const failing = (failed: string, minutes: number) => ({
  'validations_total{code="VALID"}': `0+6000x${minutes}`,
  'validation_problems_total{code="busy",status="503"}': failed,
});

/** At promtool's time 0 the year 1970 begins: a certificate ends so many seconds after it. */
const DAYS = 86_400;
const certificate: readonly AlertCase[] = [
  {
    alert: 'CertificateEndsSoon',
    series: { 'probe_ssl_earliest_cert_expiry{job="certificate"}': `${13 * DAYS}x89 ${90 * DAYS}x29` },
    at: [50, 70, 100],
    labels: { job: 'certificate' },
  },
  {
    alert: 'CertificateEnds',
    series: { 'probe_ssl_earliest_cert_expiry{job="certificate"}': `${2 * DAYS}x19 ${90 * DAYS}x29` },
    at: [3, 10, 25],
    labels: { job: 'certificate' },
  },
];

const q1 = 'job="query-service",instance="q1"';
const validation: readonly AlertCase[] = [
  // 10 % for 20 minutes: 2 % of the month's budget is gone after ten.
  { alert: 'ValidationsFailing', series: failing('0x60 0+600x20 12000x100', 200), at: [60, 75, 90] },
  // 1 %, 0.2 %.
  { alert: 'ValidationsFailingSlowly', series: failing('0x10 0+60x400 24000x90', 500), at: [10, 300, 450] },
  {
    alert: 'ValidationBudgetShrinking',
    series: failing('0x10 0+12x1000 12000x490', 1_500),
    at: [10, 200, 1_400],
  },
  {
    alert: 'NoQueryNode',
    series: { [`service_ready{${q1}}`]: level(1, 0), 'service_ready{job="projector"}': '1x60' },
    at: from(8),
  },
  { alert: 'ValidationsTooSlow', series: slow('validation_duration_seconds', 0.1), at: [9, 30, 50] },
  { alert: 'ValidationsSlow', series: slow('validation_duration_seconds', 0.05), at: [9, 38, 50] },
  { alert: 'StaleAnswers', series: { 'validations_stale_total{instance="q1"}': rise(6) }, at: whileRising },
  { alert: 'NoticesMissing', series: { [`validation_notices_missing{${q1}}`]: level(0, 1) }, at: from(8) },
  { alert: 'RedisNotTrusted', series: { [`validation_redis_trusted{${q1}}`]: level(1, 0) }, at: from(13) },
  {
    alert: 'ValidationsRateLimited',
    series: { 'validation_problems_total{code="rate_limited",status="429"}': rise(1_200) },
    at: whileRising,
  },
];

const commands = 'http_request_duration_seconds_count{job="command-service",route="/v1/signup",status=';
const writeSide: readonly AlertCase[] = [
  {
    alert: 'NoCommandNode',
    series: { 'service_ready{job="command-service"}': level(1, 0), [`service_ready{${q1}}`]: '1x60' },
    at: from(8),
  },
  {
    alert: 'CommandsFailing',
    series: { [`${commands}"201"}`]: '0+600x80', [`${commands}"503"}`]: rise(30) },
    at: whileRising,
  },
  {
    alert: 'AppendsFailing',
    series: { 'append_failures_total{kind="unknown"}': rise(2) },
    at: whileRising,
    labels: { kind: 'unknown' },
  },
  { alert: 'AppendsSlow', series: slow('append_duration_seconds', 0.25), at: [9, 30, 50] },
  {
    alert: 'CallersRateLimited',
    series: { 'http_rate_limited_total{job="command-service",limit="logins"}': rise(1_200) },
    at: whileRising,
    labels: { job: 'command-service', limit: 'logins' },
  },
  {
    alert: 'SecretsGuessed',
    series: { 'http_rate_limited_total{job="command-service",limit="password_guesses"}': rise(24) },
    at: whileRising,
    labels: { job: 'command-service', limit: 'password_guesses' },
  },
  {
    alert: 'DueNotLooked',
    series: { 'due_last_look_timestamp_seconds{task="expiry"}': '0+60x9 540x29 2400+60x29' },
    at: [15, 25, 50],
    labels: { task: 'expiry' },
  },
];

const feed = (state: string, values: string) => ({
  [`projector_feed_state{instance="p1",state="${state}"}`]: values,
});
const projection: readonly AlertCase[] = [
  {
    alert: 'FeedStopped',
    series: { ...feed('stopped', level(0, 1)), ...feed('following', level(1, 0)) },
    at: from(8),
    labels: { instance: 'p1' },
  },
  // A process that is gone has no metrics at all.
  { alert: 'NoActiveProjector', series: feed('following', '1x5 stale _x18 1x29'), at: from(8) },
  { alert: 'ProjectionBehind', series: { projector_lag_seconds: level(0, 31) }, at: from(8) },
  { alert: 'ProjectionSlow', series: { projector_lag_seconds: level(0.01, 0.3) }, at: [7, 20, 40] },
  { alert: 'EventsParked', series: { projector_parked_users: level(0, 2) }, at: from(8) },
  {
    alert: 'RedisNotInStep',
    series: {
      'projector_cache_in_step{instance="p1"}': level(1, 0),
      ...feed('following', '1x60'),
      // One that stands by holds nothing, and is not meant.
      'projector_cache_in_step{instance="p2"}': '0x60',
      'projector_feed_state{instance="p2",state="following"}': '0x60',
    },
    at: from(10),
  },
];

const relay = (state: string, values: string) => ({
  [`relay_state{instance="r1",state="${state}"}`]: values,
});
const kafka: readonly AlertCase[] = [
  {
    alert: 'RelayStopped',
    series: relay('stopped', level(0, 1)),
    at: from(8),
    labels: { instance: 'r1' },
  },
  { alert: 'NoActiveRelay', series: relay('following', level(1, 0)), at: from(8) },
  { alert: 'RelayBehind', series: { relay_lag_seconds: level(0, 11) }, at: from(10) },
];

const notifier = (state: string, values: string) => ({
  [`notifier_state{instance="n1",state="${state}"}`]: values,
});
const notifications: readonly AlertCase[] = [
  {
    alert: 'NotifierStopped',
    series: { ...notifier('stopped', level(0, 1)), ...notifier('following', level(1, 0)) },
    at: from(8),
    labels: { instance: 'n1' },
  },
  { alert: 'NoActiveNotifier', series: notifier('following', '1x5 stale _x18 1x29'), at: from(8) },
  { alert: 'NotifierBehind', series: { notifier_lag_seconds: level(0, 31) }, at: from(10) },
  { alert: 'DeliveriesWait', series: { webhook_due_seconds: level(0, 200) }, at: from(13) },
  { alert: 'DeliveriesFail', series: { webhook_pending_seconds: level(5, 4_000) }, at: from(13) },
  { alert: 'WebhookDisabled', series: { 'webhooks{state="failing"}': level(0, 1) }, at: from(8) },
  { alert: 'MailWaits', series: { mail_pending_seconds: level(5, 1_000) }, at: from(13) },
  { alert: 'MailFailed', series: { 'mail_attempts_total{outcome="failed"}': '0x9 1x99' }, at: [9, 15, 75] },
];

const history: readonly AlertCase[] = [
  {
    alert: 'HistoryStopped',
    series: { 'history_state{instance="h1",state="stopped"}': level(0, 1) },
    at: from(8),
    labels: { instance: 'h1' },
  },
  { alert: 'HistoryBehind', series: { history_lag_seconds: level(5, 700) }, at: from(13) },
  { alert: 'HistoryEventsParked', series: { history_parked_users: level(0, 2) }, at: from(18) },
  { alert: 'HistoryDiffers', series: { history_differing_events: level(0, 1) }, at: from(18) },
];

const where = { job: 'query-service', instance: 'q1' };
const processes: readonly AlertCase[] = [
  { alert: 'NodeDown', series: { [`up{${q1}}`]: level(1, 0) }, at: from(8), labels: where },
  { alert: 'NodeNotReady', series: { [`service_ready{${q1}}`]: level(1, 0) }, at: from(10), labels: where },
  {
    alert: 'DependencyDown',
    series: { [`dependency_up{${q1},dependency="redis"}`]: level(1, 0) },
    at: from(8),
    labels: { job: 'query-service', dependency: 'redis' },
  },
  {
    alert: 'RestartsOften',
    series: { [`process_start_time_seconds{${q1}}`]: '1x5 2x1 3x1 4x40' },
    at: from(12),
    labels: where,
  },
  {
    alert: 'EventLoopBusy',
    series: { [`nodejs_eventloop_lag_p99_seconds{${q1}}`]: level(0.02, 0.2) },
    at: from(15),
    labels: where,
  },
  {
    alert: 'MemoryNearLimit',
    series: { [`process_resident_memory_bytes{${q1}}`]: level(2e8, 5e8) },
    at: from(15),
    labels: where,
  },
  {
    alert: 'FilesNearLimit',
    series: { [`process_open_fds{${q1}}`]: level(10, 90), [`process_max_fds{${q1}}`]: '100x60' },
    at: from(15),
    labels: where,
  },
  {
    alert: 'ClockWrong',
    series: { [`clock_difference_seconds{${q1}}`]: level(0.01, -1.5) },
    at: from(9),
    labels: where,
  },
  {
    alert: 'LogLinesLost',
    series: { [`log_lines_lost_total{${q1}}`]: rise(10) },
    at: whileRising,
    labels: where,
  },
];

const disk = { instance: 'n1', device: 'sda', mountpoint: '/', fstype: 'ext4' };
const filesystem = (avail: string): Record<string, string> => {
  const labels = JSON.stringify(disk).replaceAll(/"(\w+)":/g, '$1=');
  return {
    [`node_filesystem_avail_bytes${labels}`]: avail,
    [`node_filesystem_size_bytes${labels}`]: '100x700',
    [`node_filesystem_readonly${labels}`]: '0x700',
  };
};
const stores: readonly AlertCase[] = [
  {
    alert: 'PoolExhausted',
    series: { [`pg_pool_connections{${q1},pool="database",state="waiting"}`]: level(0, 3) },
    at: from(12),
    labels: { ...where, pool: 'database' },
  },
  {
    alert: 'PostgresConnectionsNearLimit',
    series: {
      'postgres_connections_used{database="read_model"}': level(20, 85),
      'postgres_connections_max{database="read_model"}': '97x60',
    },
    at: from(15),
    labels: { database: 'read_model' },
  },
  { alert: 'DisksNotWatched', series: { 'up{job="node"}': level(1, 0) }, at: from(15) },
  { alert: 'DiskAlmostFull', series: filesystem(level(50, 4)), at: from(10), labels: disk },
  // Little is left;
  { alert: 'DiskFillingUp', series: filesystem(level(50, 14)), at: from(24), labels: disk },
  // a third is left, but by tomorrow nothing will be.
  {
    alert: 'DiskFillingUp',
    series: filesystem('50x60 50-0.05x300 35x339'),
    at: [60, 345, 699],
    labels: disk,
  },
];

const node = (values: string, status: string) => ({
  [`eventstore_statuses{instance="e1",name="Node",status="${status}"}`]: values,
});
const checkpoint = (name: string, values: string) => ({
  [`eventstore_checkpoints{instance="e1",name="${name}",read="non-flushed"}`]: values,
});
const diskBytes = (kind: string, values: string) => ({
  [`eventstore_sys_disk_bytes{instance="e1",disk="/",kind="${kind}"}`]: values,
});
const eventStore: readonly AlertCase[] = [
  {
    alert: 'EventStoreWithoutLeader',
    // What a node was is not exported any more once it is something else.
    series: { ...node('1x5 stale _x18 1x29', 'Leader'), ...node('_x5 1x19 stale _x29', 'Unknown') },
    at: from(8),
  },
  {
    alert: 'EventStoreElectsOften',
    series: { 'eventstore_elections_count{instance="e1"}': '1x40 3 5 7x90' },
    at: [40, 50, 100],
    labels: { instance: 'e1' },
  },
  {
    alert: 'EventStoreFlushSlow',
    series: {
      'eventstore_writer_flush_duration_max_seconds{instance="e1",range="16-20 seconds"}': level(0.02, 0.4),
    },
    at: from(15),
    labels: { instance: 'e1' },
  },
  {
    alert: 'EventStoreIndexBehind',
    series: { ...checkpoint('writer', '5e7x60'), ...checkpoint('index', level(5e7, 1e7)) },
    at: from(15),
    labels: { instance: 'e1' },
  },
  {
    alert: 'EventStoreDiskAlmostFull',
    series: { ...diskBytes('used', level(50, 95)), ...diskBytes('total', '100x60') },
    at: from(15),
    labels: { instance: 'e1', disk: '/' },
  },
];

export const ALERT_CASES: readonly AlertCase[] = [
  ...certificate,
  ...validation,
  ...writeSide,
  ...projection,
  ...kafka,
  ...notifications,
  ...history,
  ...processes,
  ...stores,
  ...eventStore,
];
