export { fileStore } from './file-store.ts';
export { type Fingerprint, machineFingerprint } from './fingerprint.ts';
