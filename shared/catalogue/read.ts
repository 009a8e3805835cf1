import { readFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';
import { duplicateMember } from '../http/input/duplicate-member.ts';
import type { Logger } from '../process/logger.ts';
import type { Catalogue } from './catalogue.ts';
import { type CatalogueFile, parseCatalogue } from './file.ts';

/** The catalogue that is used where no file is named. */
export const DEFAULT_CATALOGUE = new URL('./default.json', import.meta.url);

/** What a catalogue's file holds, and what it should hold where it has the form from before there were products. */
export interface LoadedCatalogue {
  readonly catalogue: Catalogue;
  readonly newForm?: CatalogueFile;
}

/** The file can't be read, or holds no catalogue that could be served. */
export class CatalogueWrong extends Error {
  readonly code = 'catalogue_wrong';
  /** Each begins with its place, where it has one. */
  readonly mistakes: readonly string[];
  constructor(file: string | URL, mistakes: readonly string[]) {
    super([`${nameOf(file)} can't be served:`, ...mistakes.map((mistake) => `  ${mistake}`)].join('\n'));
    this.mistakes = mistakes;
    this.name = 'CatalogueWrong';
  }
}

const nameOf = (file: string | URL): string => (file instanceof URL ? file.pathname : file);

/** @throws CatalogueWrong */
export function loadCatalogue(file: string | URL = DEFAULT_CATALOGUE): LoadedCatalogue {
  const parsed = parseCatalogue(readJson(file));
  if (parsed.mistakes) throw new CatalogueWrong(file, parsed.mistakes);
  return parsed;
}

function readJson(file: string | URL): unknown {
  const failed = (what: string, error: unknown) =>
    new CatalogueWrong(file, [`${what} (${messageOf(error)})`]);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw isMissing ? new CatalogueWrong(file, ['there is no such file']) : failed("it can't be read", error);
  }
  try {
    return parseJson(text);
  } catch (error) {
    throw failed('it is not JSON', error);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** JSON.parse takes the last of two members of one name without a word: of two plans one would be gone. */
function parseJson(text: string): unknown {
  const json: unknown = JSON.parse(text);
  const twice = duplicateMember(text);
  if (twice) throw new SyntaxError(`${twice.join('.')} is there twice`);
  return json;
}

/**
 * Reads and checks the catalogue of products and plans. Read once, at start.
 * @param logger warned, with the file as it should be written, if it has the form from before there were products
 * @throws ConfigError naming the file and the place of every mistake
 */
export function readCatalogue(file?: string, logger?: Logger): Catalogue {
  const { catalogue, newForm } = asSetting(file);
  if (newForm) logger?.warn({ file, newForm }, 'catalogue_in_old_form');
  return catalogue;
}

function asSetting(file: string | undefined): LoadedCatalogue {
  try {
    return loadCatalogue(file);
  } catch (error) {
    if (!(error instanceof CatalogueWrong)) throw error;
    throw new ConfigError(error.mistakes.map((mistake) => `PLAN_CATALOGUE_FILE: ${file}: ${mistake}`));
  }
}
