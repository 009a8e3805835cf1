const LEASE = 'application/jwt';

interface Range {
  readonly type: string;
  readonly quality: number;
}

const rangesOf = (accept: string): Range[] =>
  accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
  });

/**
 * Whether an `Accept` header asks for a lease: it names `application/jwt`, and JSON not more dearly (RFC 9110,
 * 12.5.1). A wildcard does not ask for one: JSON is what the route always gives.
 */
export function asksForLease(accept: string | undefined): boolean {
  if (accept === undefined || !accept.toLowerCase().includes(LEASE)) return false;
  const ranges = rangesOf(accept);
  const quality = (type: string) => ranges.find((range) => range.type === type)?.quality;
  const lease = quality(LEASE) ?? 0;
  // The most specific range that JSON falls under says how dear it is.
  const json = quality('application/json') ?? quality('application/*') ?? quality('*/*') ?? 0;
  return lease > 0 && lease >= json;
}
