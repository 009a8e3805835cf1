/**
 * Where the client keeps what it knows: one text, which nobody else writes. Yours may be the system's key chain or
 * Electron's `safeStorage`. What reading throws, every call throws; what writing throws, `activate` alone.
 */
export interface Store {
  /** The text that was written last; undefined if there is none. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** Forgets everything when the program ends: every start is an activation. For tests, and for programs that are told their key. */
export function memoryStore(): Store {
  let kept: string | undefined;
  return {
    read: async () => kept,
    write: async (text) => {
      kept = text;
    },
  };
}

/** As `localStorage` and `sessionStorage` are. */
interface WebStorage {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
}

/** In a browser's storage, for this origin. @param name the key that it stands under */
export function localStorageStore(
  name = 'license-system',
  storage: WebStorage = globalThis.localStorage,
): Store {
  return {
    read: async () => storage.getItem(name) ?? undefined,
    write: async (text) => storage.setItem(name, text),
  };
}
