/** What the API answers when it refuses (RFC 9457), or what stands for an answer that never came. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly request_id?: string;
  /** Further members, as some refusals have them: `limit`, `active_clients`, `next_at`, `scope`. */
  readonly [member: string]: unknown;
}

/** The request may or may not have arrived. */
export const noAnswer = (cause: unknown): Problem => ({
  status: 0,
  code: 'no_answer',
  title: 'No answer came',
  detail: String(cause instanceof Error ? cause.message : cause),
});

/** @param text the answer's body: a proxy in front may answer with a page of its own */
export function problemIn(status: number, text: string): Problem {
  try {
    const body = JSON.parse(text) as Partial<Problem>;
    if (typeof body.code === 'string' && typeof body.title === 'string') return body as Problem;
  } catch {
    // Not JSON: told by its status alone.
  }
  return { status, code: `http_${status}`, title: `The server answered ${status}` };
}

/** What is wrong with the field of this name in the body or the query; undefined if nothing is said of it. */
export const errorOf = (problem: Problem | undefined, field: string): string | undefined =>
  problem?.errors?.find(
    ({ pointer }) => pointer === `/${field}` || pointer.startsWith(`/${field}/`) || pointer === `?${field}`,
  )?.detail;
