/** Read models as of a time can't be built there as things are; the message says what to do. */
export class AsOfRefused extends Error {
  readonly code: 'schema_name' | 'schema_not_ours' | 'replay_differs' | 'replay_complete' | 'replay_running';
  constructor(code: AsOfRefused['code'], message: string) {
    super(message);
    this.name = 'AsOfRefused';
    this.code = code;
  }
}
