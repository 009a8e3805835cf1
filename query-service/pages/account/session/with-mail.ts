import type { Outcome } from '../../parts/api/api.ts';

/** While a release is being rolled out its mails may not be possible yet; the rest is. */
export async function withMail<T>(
  ask: (mail: { readonly verify?: true }) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const outcome = await ask({ verify: true });
  return !outcome.ok && outcome.problem.code === 'not_enabled_yet' ? ask({}) : outcome;
}
