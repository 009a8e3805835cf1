const service = '^(command-service|query-service|projector)/';
/** Only the adapter folders know a driver; the rest of the code knows the adapters. */
const driver = (name, packages, allowed) => ({
  name: `driver-${name}`,
  comment: `The ${name} driver is imported in its adapter alone.`,
  severity: 'error',
  from: { pathNot: `^(${allowed})` },
  to: { path: `^node_modules/(${packages})/` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment:
        'Types included: what two files share stands in a third, or one declares the part that it needs.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-circular-in-shared',
      comment: 'In shared/ not even types may: a shared type moves to a file of its own.',
      severity: 'error',
      from: { path: '^shared/' },
      to: { circular: true },
    },
    {
      name: 'no-circular-folders',
      comment: 'Folders of shared/ stand in one order: a port never knows its adapter.',
      severity: 'error',
      scope: 'folder',
      from: {
        path: '^shared/(events|event-log|process|files|vault|adapters|tokens|usage|read-model|history|tracing)',
      },
      to: { circular: true },
    },
    {
      name: 'port-never-knows-its-adapter',
      comment:
        'Who uses the event log imports shared/event-log/event-log.ts; only what puts a program together (a command of the tool, too) connects it.',
      severity: 'error',
      from: {
        pathNot:
          '^shared/adapters/eventstoredb/|/(app|main|connections|create-[a-z-]+)\\.ts$|^query-service/event-log\\.ts$|^cli/',
      },
      to: { path: '^shared/adapters/eventstoredb/' },
    },
    { name: 'no-orphans-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'services-never-import-each-other',
      severity: 'error',
      from: { path: '^(command-service|query-service|projector)/' },
      to: { path: service, pathNot: '^$1/' },
    },
    {
      name: 'shared-stands-alone',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(command-service|query-service|projector|local|cli|test)/' },
    },
    {
      name: 'client-stands-alone',
      comment: 'It runs in programs that have nothing else of this repository, and no dependency but jose.',
      severity: 'error',
      from: { path: '^client/src/' },
      to: { pathNot: '^(client/src/|node_modules/jose/)', dependencyTypesNot: ['core'] },
    },
    {
      name: 'client-runs-in-browsers',
      comment: 'What only Node has stands in client/src/node/.',
      severity: 'error',
      from: { path: '^client/src/', pathNot: '^client/src/node/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nothing-imports-the-client',
      severity: 'error',
      from: { pathNot: '^(client|test)/' },
      to: { path: '^client/' },
    },
    {
      name: 'nothing-imports-test-or-local',
      comment:
        'Only the tests may use the local stack and their own support code; the settings table tells of both.',
      severity: 'error',
      from: { pathNot: '^(test|local)/|^cli/commands/settings\\.ts$' },
      to: { path: '^(test|local)/' },
    },
    {
      name: 'examples-stand-alone',
      comment: 'An example sees the system from outside, as those who copy it do.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(command-service|query-service|projector|shared|local|cli|test)/' },
    },
    {
      name: 'local-never-imports-test',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^test/' },
    },
    {
      name: 'domain-is-pure',
      comment: 'The deciders import event types and pure shared code: no driver, no clock, no Node API.',
      severity: 'error',
      from: { path: '^command-service/domain/' },
      to: {
        pathNot:
          '^(command-service/domain/|shared/(events/|event-log/position\\.ts|identity/opaque\\.ts|catalogue/catalogue\\.ts|ids\\.ts|calendar\\.ts|license-keys/status\\.ts|staff/account\\.ts|webhooks/webhook\\.ts|subscription-(status|end)\\.ts))',
      },
    },
    {
      name: 'pages-run-in-a-browser',
      comment: 'What a browser gets imports its own folders and the libraries that are served to it.',
      severity: 'error',
      from: { path: '^query-service/pages/(parts|front|console|account)/' },
      to: {
        pathNot:
          '^(query-service/pages/(parts|front|console|account)/|shared/|node_modules/(preact|htm|qrcode-generator)/)',
      },
    },
    {
      name: 'pages-know-types-alone',
      comment: 'Of shared/ the pages take the types of what the API answers: its code is not served.',
      severity: 'error',
      from: { path: '^query-service/pages/(parts|front|console|account)/' },
      to: { path: '^shared/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pages-stand-apart',
      comment: 'The parts are for all pages, and these know nothing of each other.',
      severity: 'error',
      from: { path: '^query-service/pages/(parts|front|console|account)/' },
      to: { path: '^query-service/pages/(front|console|account)/', pathNot: '^query-service/pages/$1/' },
    },
    {
      name: 'only-browsers-run-pages',
      comment: 'Tests may try their pure parts.',
      severity: 'error',
      from: { pathNot: '^(query-service/pages|test)/' },
      to: { path: '^query-service/pages/(parts|front|console|account)/' },
    },
    driver(
      'eventstoredb',
      '@eventstore/db-client|@grpc/grpc-js',
      'shared/adapters/eventstoredb/|local/event-store/|test/',
    ),
    driver('kafka', 'kafkajs', 'shared/adapters/kafka/|test/'),
    driver('postgres', 'pg', 'shared/adapters/postgres/|test/'),
    driver('redis', 'ioredis', 'shared/adapters/redis/|test/'),
  ],
  options: {
    // TypeScript 7 has no API yet that dependency-cruiser could parse with.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    moduleSystems: ['es6'],
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
