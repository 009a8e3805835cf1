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
