import { readFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Catalogue } from './catalogue.ts';
import { parseCatalogue } from './file.ts';

/** The catalogue that is used where no file is named. */
export const DEFAULT_CATALOGUE = new URL('./default.json', import.meta.url);

/**
 * Reads and checks the catalogue of products and plans. Read once, at start.
 * @param logger warned, with the file as it should be written, if it has the form from before there were products
 * @throws ConfigError naming the file and the place of every mistake
 */
export function readCatalogue(file: string | URL = DEFAULT_CATALOGUE, logger?: Logger): Catalogue {
  const parsed = parseCatalogue(readJson(file));
  if (parsed.mistakes)
    throw new ConfigError(parsed.mistakes.map((mistake) => `PLAN_CATALOGUE_FILE: ${file}: ${mistake}`));
  const { catalogue, newForm } = parsed;
  if (newForm) logger?.warn({ file: String(file), newForm }, 'catalogue_in_old_form');
  return catalogue;
}

function readJson(file: string | URL): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError([`PLAN_CATALOGUE_FILE: ${file} can't be read as JSON (${String(error)})`]);
  }
}
