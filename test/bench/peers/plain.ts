// The plain design, as it is built when nobody counts: Express, a signature checked and a row read from Redis for each request.
// Arguments: the port, where Redis is, and the file with the JWK set.
import { readFileSync } from 'node:fs';
import express from 'express';
import { Redis } from 'ioredis';
import { createLocalJWKSet, jwtVerify } from 'jose';

const [port, redisUrl, keys] = process.argv.slice(2) as [string, string, string];
const redis = new Redis(redisUrl);
const keySet = createLocalJWKSet(JSON.parse(readFileSync(keys, 'utf8')));

// What an attentive author turns off: a digest of each answer, and a header that says what it runs on.
const app = express().disable('etag').disable('x-powered-by');

app.get('/v1/licenses/validate', async (request, response) => {
  const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
  const { payload } = await jwtVerify(token, keySet, { algorithms: ['EdDSA'] });
  const row = await redis.get(`license:${payload.sub}`);
  if (row === null) {
    response.json({ status: 'invalid', code: 'NOT_FOUND' });
    return;
  }
  const license = JSON.parse(row);
  if (license.client_id !== request.query.client_id) {
    response.json({ status: 'invalid', code: 'CLIENT_MISMATCH' });
    return;
  }
  const expired = Date.parse(license.expires_at) < Date.now();
  response
    .set('Cache-Control', 'no-store')
    .json({ ...license, status: expired ? 'invalid' : 'valid', code: expired ? 'EXPIRED' : 'VALID' });
});
app.get('/health', (_, response) => void response.json({ status: 'ok' }));

app.listen(Number(port), '127.0.0.1');
