import type { Mutation } from '../mutation.ts';
import { ACCESS } from './access.ts';
import { COMMANDS } from './commands.ts';
import { EXPORTS } from './exports.ts';
import { HISTORY } from './history.ts';
import { HTTP } from './http.ts';
import { NOTIFICATIONS } from './notifications.ts';
import { PRIVACY } from './privacy.ts';
import { PROJECTING } from './projecting.ts';
import { VALIDATION } from './validation.ts';

export const MUTATIONS: readonly Mutation[] = [
  ...COMMANDS,
  ...PROJECTING,
  ...VALIDATION,
  ...HTTP,
  ...ACCESS,
  ...PRIVACY,
  ...HISTORY,
  ...NOTIFICATIONS,
  ...EXPORTS,
];
