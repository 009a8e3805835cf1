// node client/conformance/make.ts http://localhost:8080 "$(npm run --silent cli -- token --role operator --subject me)"
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeVectors } from './vectors.ts';

const [api, operator] = process.argv.slice(2);
if (api === undefined || operator === undefined) throw new Error('usage: make.ts API OPERATOR_TOKEN');
const vectors = await makeVectors({ api, operator });
const file = path.join(import.meta.dirname, 'leases.json');
writeFileSync(file, `${JSON.stringify(vectors, undefined, 2)}\n`);
process.stdout.write(`${vectors.length} vectors in ${file}\n`);
