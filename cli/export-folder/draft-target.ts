import type { Draft } from './draft.ts';
import type { ExportFolder } from './folder.ts';
import type { Part, PartTarget } from './part-writer.ts';

/** Writes parts as drafts of a folder. */
export class DraftTarget implements PartTarget {
  readonly #folder: ExportFolder;
  readonly #whole: (part: Part, draft: Draft) => Promise<void>;
  #draft: Draft | undefined;

  /** @param whole takes over a part's draft: names or discards it */
  constructor(folder: ExportFolder, whole: (part: Part, draft: Draft) => Promise<void>) {
    this.#folder = folder;
    this.#whole = whole;
  }

  async begin(file: string): Promise<void> {
    this.#draft = await this.#folder.begin(file);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#draft?.write(bytes);
  }

  async end(part: Part): Promise<void> {
    const draft = this.#draft;
    this.#draft = undefined;
    if (draft) await this.#whole(part, draft);
  }

  /** Removes what is not whole. */
  async close(): Promise<void> {
    await this.#draft?.discard();
  }
}
