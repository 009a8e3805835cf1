import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Outcome } from '../api/api.ts';
import type { Problem } from '../api/problem.ts';
import { type Children, html } from '../html.ts';
import { texts } from '../texts/texts.ts';
import { Button } from './button.ts';
import { ProblemNotice } from './notice.ts';

/** What was asked for: what is known of it stays shown while it is asked for again. */
export interface Loaded<T> {
  readonly data: T | undefined;
  readonly etag: string | undefined;
  readonly problem: Problem | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/**
 * Asks once for each `key` and `turn`, and again at `reload`. An answer that was overtaken by a later question is dropped.
 * @param key names what is asked for; undefined: nothing
 * @param turn with another one the same is asked for again, and what is known stays shown meanwhile
 */
export function useLoaded<T>(
  key: string | undefined,
  load: () => Promise<Outcome<T>>,
  turn: string | number = 0,
): Loaded<T> {
  const [state, setState] = useState<{
    key?: string | undefined;
    data?: T;
    etag?: string | undefined;
    problem?: Problem;
  }>({});
  const [again, setAgain] = useState(0);
  const [isLoading, setLoading] = useState(key !== undefined);
  const latest = useRef(0);
  useEffect(() => {
    if (key === undefined) return;
    const mine = ++latest.current;
    setLoading(true);
    void load().then((outcome) => {
      if (mine !== latest.current) return;
      setLoading(false);
      if (outcome.ok) setState({ key, data: outcome.body, etag: outcome.etag });
      else setState((before) => ({ ...(before.key === key ? before : { key }), problem: outcome.problem }));
    });
  }, [key, turn, again]);
  const reload = useCallback(() => setAgain((before) => before + 1), []);
  const current = state.key === key ? state : {};
  return { data: current.data, etag: current.etag, problem: current.problem, isLoading, reload };
}

/** What was loaded, or that it is under way, or why it can't be shown. */
export function Show<T>({
  loaded,
  children,
}: {
  readonly loaded: Loaded<T>;
  readonly children: (data: T) => Children;
}) {
  const { data, problem, reload } = loaded;
  return html`<div class="loaded" aria-busy=${loaded.isLoading ? 'true' : 'false'}>
    ${problem && html`<${ProblemNotice} problem=${problem} /><${Button} onClick=${reload}>${texts.tryAgain}<//>`}
    ${data === undefined ? !problem && html`<p class="loading" role="status">${texts.loading}</p>` : children(data)}
  </div>`;
}
