import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openApiDocument } from '../../shared/http/openapi/openapi.ts';
import { type Command, parseOptions } from '../command-line/command.ts';

const root = path.resolve(import.meta.dirname, '../..');
/** The committed document, which the query nodes serve. */
const DOCUMENT = path.join(root, 'docs', 'openapi.json');

/** The committed document is not what the routes say. */
class DocumentOutdated extends Error {
  readonly code = 'openapi_outdated';
  constructor() {
    super('docs/openapi.json is not what the routes say: run npm run openapi and commit it');
    this.name = 'DocumentOutdated';
  }
}

/** One document of all services' routes. They are imported here, where it may be: services never know each other. */
async function document(): Promise<string> {
  const [{ commandRoutes }, { querySpecs }, { WEBHOOK_MESSAGES }] = await Promise.all([
    import('../../command-service/routes/all.ts'),
    import('../../query-service/routes/all.ts'),
    import('../../shared/webhooks/message.ts'),
  ]);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  return `${JSON.stringify(openApiDocument([...commandRoutes, ...querySpecs], version, WEBHOOK_MESSAGES), null, 2)}\n`;
}

export const openapi: Command = {
  name: 'openapi',
  summary: 'write the OpenAPI document of the API',
  usage: `openapi [--check]

Writes docs/openapi.json, made from the definitions of the routes. With --check it writes nothing and fails if the
committed document is another.`,
  async run(args, io) {
    const { values } = parseOptions(args, { options: { check: { type: 'boolean', default: false } } });
    const text = await document();
    if (!values.check) {
      writeFileSync(DOCUMENT, text);
      io.err(`wrote ${path.relative(root, DOCUMENT)}`);
    } else if (readFileSync(DOCUMENT, 'utf8') !== text) {
      throw new DocumentOutdated();
    }
  },
};
