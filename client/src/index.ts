export type { ActivateOptions, Activation, Deactivation } from './activation.ts';
export type { Answer, Code, License, LocalCode, Question, ServerCode, Source } from './answer.ts';
export { type FaultListener, LicensingFault } from './fault.ts';
export { createLicensing, type Licensing, type LicensingOptions } from './licensing.ts';
export type { ActiveClient, Problem } from './server.ts';
export { localStorageStore, memoryStore, type Store } from './store.ts';
