import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LaunchedStack } from './stack.ts';

/** A setting of the stack's services, as its launcher wrote it down. @throws Error there is none of this name */
export function setting(stack: LaunchedStack, name: string): string {
  const match = new RegExp(`^${name}="(.*)"$`, 'm').exec(readFileSync(path.join(stack.data, 'env'), 'utf8'));
  if (!match) throw new Error(`the stack's env file has no ${name}`);
  return match[1] as string;
}
