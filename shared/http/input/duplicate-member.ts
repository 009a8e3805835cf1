const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/** An object or array that is open at some place of the text. */
interface Open {
  /** The members so far; undefined for an array. */
  readonly names: Set<string> | undefined;
  /** The member or element that is being read. */
  at: string | number;
}

/**
 * The path of the first member that an object of the text has twice; undefined if none has. JSON.parse takes the last
 * one without a word, and others the first (RFC 8259, 4), so that a proxy and this service could read two requests.
 * @param json a text that JSON.parse takes
 */
export function duplicateMember(json: string): (string | number)[] | undefined {
  const open: Open[] = [];
  let nameMayFollow = false;
  for (const [token] of json.matchAll(TOKEN)) {
    const inner = open.at(-1);
    switch (token) {
      case '{':
      case '[':
        open.push({ names: token === '{' ? new Set() : undefined, at: token === '{' ? '' : 0 });
        nameMayFollow = token === '{';
        break;
      case '}':
      case ']':
        open.pop();
        nameMayFollow = false;
        break;
      case ',':
        nameMayFollow = inner?.names !== undefined;
        if (typeof inner?.at === 'number') inner.at += 1;
        break;
      default: {
        if (!nameMayFollow || !inner?.names) break;
        nameMayFollow = false;
        const name = JSON.parse(token) as string;
        inner.at = name;
        if (inner.names.has(name)) return open.map(({ at }) => at);
        inner.names.add(name);
      }
    }
  }
  return undefined;
}
