export type { ActivateOptions, Activation, Deactivation } from './activation.ts';
export type { Answer, Code, License, LocalCode, Question, ServerCode, Source } from './answer.ts';
export { createLicensing } from './client.ts';
export { type FaultListener, LicensingFault } from './fault.ts';
export type { Licensing, LicensingOptions } from './licensing.ts';
export type { ActiveClient, Problem } from './problem.ts';
export { localStorageStore, memoryStore, type Store } from './store.ts';
