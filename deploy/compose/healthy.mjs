// The image's health check: code 0 if the service that runs in this container takes requests. The image has no curl, and
// this runs every few seconds in each container: so it is plain JavaScript and loads as little as can be.
import { get } from 'node:http';

const PATIENCE_MS = 8_000;
const { PORT } = process.env;

get({ host: '127.0.0.1', port: PORT, path: '/health', timeout: PATIENCE_MS }, (answer) => {
  answer.pipe(process.stdout);
  process.exitCode = answer.statusCode === 200 ? 0 : 1;
})
  .on('timeout', function giveUp() {
    this.destroy(new Error(`no answer within ${PATIENCE_MS} ms`));
  })
  .on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
