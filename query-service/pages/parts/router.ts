import { useEffect, useState } from 'preact/hooks';

/** Where in a page one is: `#/customers/019a…?tab=licenses`. What stands behind `#` is never sent to a server. */
export interface Place {
  /** `['customers', '019a…']` */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean), query: new URLSearchParams(query) };
}

/**
 * Whether a part of an address can be an id. Anybody can make up an address, and in the path of a request `..` would lead
 * elsewhere.
 */
export const isId = (part: string): boolean => /^[\w-]+$/.test(part);

/** The token of a link in a mail, `#<name>=<token>`; it is taken out of the address bar and the history. */
export function takeToken(name: string): string | undefined {
  const token = new RegExp(`^#${name}=([\\w.~-]+)$`).exec(location.hash)?.[1];
  if (token !== undefined) history.replaceState(null, '', location.pathname);
  return token;
}

/** What a link in a mail, or one that staff hand out, leads to. */
export interface Link<Kind extends string> {
  readonly kind: Kind;
  readonly token: string;
}

function takeLink<Kind extends string>(kinds: readonly Kind[]): Link<Kind> | undefined {
  for (const kind of kinds) {
    const token = takeToken(kind);
    if (token !== undefined) return { kind, token };
  }
  return undefined;
}

/**
 * The link that the page was opened by, until it is done with. One that is pasted into the open page counts too: the
 * browser then loads nothing, and the token would stay in the address bar.
 */
export function useLink<Kind extends string>(
  kinds: readonly Kind[],
): readonly [Link<Kind> | undefined, () => void] {
  const [link, setLink] = useState<Link<Kind> | undefined>(() => takeLink(kinds));
  useEffect(() => {
    const follow = () => setLink((before) => takeLink(kinds) ?? before);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, [kinds]);
  return [link, () => setLink(undefined)];
}

export function goTo(place: string): void {
  location.hash = place;
}

/** Follows the address. Focus goes to the new heading, so that a screen reader reads on there. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return placeOf(hash);
}
