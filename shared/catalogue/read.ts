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
  let json: unknown;
  try {
    json = parseJson(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CatalogueWrong(file, [`it can't be read as JSON (${String(error)})`]);
  }
  const parsed = parseCatalogue(json);
  if (parsed.mistakes) throw new CatalogueWrong(file, parsed.mistakes);
  return parsed;
}

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
