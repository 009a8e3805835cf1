import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Posts JSON over a kept connection: a third of what `fetch` costs, on cores that the servers need. */
export function post(url: string, token: string | undefined, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent,
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    });
    sent.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      const { statusCode: status = 0, headers } = response;
      response.on('end', () => resolve({ status, headers, text })).on('error', reject);
    });
    sent.end(JSON.stringify(body));
  });
}

/** Posts what has to make something. @throws Error it is refused, with the answer */
export async function create<T>(url: string, token: string | undefined, body: unknown): Promise<T> {
  const { status, text } = await post(url, token, body);
  if (status !== 201) throw new Error(`${new URL(url).pathname}: ${status} ${text}`);
  return JSON.parse(text) as T;
}
