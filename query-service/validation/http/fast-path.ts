import type { IncomingMessage, ServerResponse } from 'node:http';
import { hasBody, readJson } from '../../../shared/http/input/body.ts';
import { searchOf } from '../../../shared/http/input/query.ts';
import { toProblem } from '../../../shared/http/problems/faults.ts';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { bearerToken } from '../../../shared/http/routes/bearer.ts';
import { methodNotAllowed, sendProblem } from '../../../shared/http/server/answer.ts';
import { CROSS_ORIGIN, preflight } from '../../../shared/http/server/cross-origin.ts';
import type { Exchange } from '../../../shared/http/server/exchange.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { ANONYMOUS, type UsageCounter } from '../../../shared/usage/usage-counter.ts';
import { INVALID_KEY } from '../answer/answer.ts';
import { measured } from '../answer/prepared.ts';
import type { Trust } from '../trust/trust.ts';
import { type Asking, silenceAge, type Validated, type ValidateOptions, validate } from '../validate.ts';
import type { ValidationMetrics } from '../validation-metrics.ts';
import { mayBeUsed } from '../views/view-memory.ts';
import { asksForLease } from './accept.ts';
import { readBody, readMinPosition, readQuery, refuseBody } from './read-question.ts';
import { type HeaderList, JSON_TYPE, limitHeader, NOTHING, requestIdOf, writeAnswer } from './reply.ts';
import type { UsageTally } from './usage-tally.ts';

export const VALIDATE_PATH = '/v1/licenses/validate';
const ALLOW = 'GET, HEAD, OPTIONS, POST';
/** What usage is counted under, by whatever method it was asked. */
export const ENDPOINT = `GET ${VALIDATE_PATH}`;
const INVALID_KEY_TEXT = JSON.stringify(INVALID_KEY);
const INVALID_KEY_ANSWER = { body: INVALID_KEY_TEXT, ...measured(INVALID_KEY_TEXT) };

export interface FastPathOptions extends ValidateOptions {
  readonly trust: Trust;
  readonly usage: Pick<UsageCounter, 'count'>;
  readonly tally: UsageTally;
  readonly metrics: ValidationMetrics;
  readonly logger: Logger;
  /** The caller's address. */
  readonly addressOf: (request: IncomingMessage) => string;
}

/** True for a request that {@link FastPath.handle} answers. */
export const isValidation = (url: string): boolean =>
  url.startsWith(VALIDATE_PATH) &&
  (url.length === VALIDATE_PATH.length || url.charCodeAt(VALIDATE_PATH.length) === 63);

/**
 * Answers validations on node:http itself, before Express. What was asked before, about views that are in memory and
 * may be believed, is answered in the same turn of the event loop and without reading, judging or serialising
 * anything; every other validation goes the whole way through validate.ts.
 */
export class FastPath {
  readonly #options: FastPathOptions;

  constructor(options: FastPathOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    const started = performance.now();
    if (request.method === 'GET' && this.#fromMemory(request, response, started)) return;
    if (request.method === 'OPTIONS') response.writeHead(204, { Allow: ALLOW, ...preflight(ALLOW) }).end();
    else void this.#wholeWay(request, response, started);
  }

  /** False if the whole way has to be gone. */
  #fromMemory(request: IncomingMessage, response: ServerResponse, started: number): boolean {
    const { keys, trust, limiter, clock, databaseClock, metrics, tally, addressOf } = this.#options;
    const { headers } = request;
    const { authorization } = headers;
    if (!authorization?.startsWith('Bearer ') || headers['min-event-position'] !== undefined) return false;
    const key = keys.remembered(authorization.slice(7));
    if (!key || asksForLease(headers.accept) || hasBody(request)) return false;
    const now = clock();
    const prepared = key.prepared;
    if (!prepared || prepared.asked !== request.url || now < prepared.from || now >= prepared.until)
      return false;
    const { epoch } = trust;
    const at = databaseClock.now();
    if (!mayBeUsed(prepared.license, epoch, at) || !mayBeUsed(prepared.user, epoch, at)) return false;
    const rate = limiter.check(key.limitKey, prepared.limit, now);
    if (!rate.allowed) return false;
    tally.add(key, addressOf(request));
    const requestId = requestIdOf(headers['x-request-id']);
    const further = furtherHeaders(request, trust.silent ? silenceAge(trust) : undefined);
    writeAnswer(response, requestId, prepared, prepared.policy, limitHeader(rate), JSON_TYPE, further);
    metrics.validations.inc({ code: prepared.code, layer: 'memory' });
    metrics.duration.observe((performance.now() - started) / 1_000);
    return true;
  }

  async #wholeWay(request: IncomingMessage, response: ServerResponse, started: number): Promise<void> {
    const { addressOf, logger, metrics } = this.#options;
    const requestId = requestIdOf(request.headers['x-request-id']);
    const exchange: Exchange = {
      requestId,
      address: addressOf(request),
      route: VALIDATE_PATH,
      // Of problems; an answer has its own way out, with the same header.
      headers: { 'X-Request-Id': requestId, ...CROSS_ORIGIN },
    };
    try {
      const validated = await validate(this.#options, await readAsking(request, exchange.address));
      this.#send(request, response, exchange, validated);
    } catch (error) {
      const problem = toProblem(error);
      metrics.problems.inc({ code: problem.code, status: String(problem.status) });
      sendProblem(response, exchange, error, logger);
    }
    metrics.duration.observe((performance.now() - started) / 1_000);
  }

  /** @throws Problem rate_limited */
  #send(request: IncomingMessage, response: ServerResponse, exchange: Exchange, validated: Validated): void {
    const { metrics, usage, tally } = this.#options;
    const { requestId, address } = exchange;
    if (validated.kind === 'invalid_key') {
      usage.count(ANONYMOUS, ENDPOINT, address);
      metrics.validations.inc({ code: 'INVALID_KEY', layer: 'none' });
      writeAnswer(response, requestId, INVALID_KEY_ANSWER, '', '', JSON_TYPE, furtherHeaders(request));
      return;
    }
    const { key, prepared, rate } = validated;
    const limit = limitHeader(rate);
    if (validated.kind === 'limited') {
      Object.assign(exchange.headers, { 'RateLimit-Policy': prepared.policy, RateLimit: limit });
      throw new Problem('rate_limited', { headers: { 'Retry-After': String(rate.resetSeconds) } });
    }
    tally.add(key, address);
    const { ageSeconds, lease, known } = validated;
    metrics.validations.inc({ code: prepared.code, layer: known.layer });
    if (known.stale) metrics.stale.inc();
    const sent = lease === undefined ? prepared : { body: lease, ...measured(lease) };
    const type = lease === undefined ? JSON_TYPE : 'application/jwt';
    const further = furtherHeaders(request, ageSeconds);
    writeAnswer(response, requestId, sent, prepared.policy, limit, type, further);
  }
}

const FOR_PAGES: HeaderList = Object.entries(CROSS_ORIGIN).flat();

/** Programs that are no page name no origin, and need not be sent 150 bytes more in each answer. */
function furtherHeaders(request: IncomingMessage, ageSeconds?: number): HeaderList {
  const forPages = request.headers.origin === undefined ? NOTHING : FOR_PAGES;
  return ageSeconds === undefined ? forPages : ['Age', String(ageSeconds), ...forPages];
}

/** Everything that the request says, but whether its key is good. @throws Problem naming what is wrong */
async function readAsking(request: IncomingMessage, address: string): Promise<Asking> {
  const { method, headers, url = '' } = request;
  if (method !== 'GET' && method !== 'HEAD' && method !== 'POST') throw methodNotAllowed(ALLOW);
  const body = hasBody(request) ? await readJson(request) : undefined;
  if (method !== 'POST') refuseBody(body);
  return {
    token: bearerToken(headers.authorization),
    address,
    // Only a GET is looked up by it.
    asked: method === 'GET' ? url : '',
    question: method === 'POST' ? readBody(url, body) : readQuery(searchOf(url)),
    atLeast: readMinPosition(headers['min-event-position']),
    lease: asksForLease(headers.accept),
  };
}
