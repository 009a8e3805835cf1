/**
 * What went wrong beside the answer, for the program's own log. `unreachable`: the network, a time-out, 429 or 5xx;
 * `unexpected`: an answer that no License System gives, such as a hotel's log-in page, or a lease that does not verify;
 * `store`: what is known could not be written down.
 */
export class LicensingFault extends Error {
  readonly code: 'unreachable' | 'unexpected' | 'store';

  constructor(code: LicensingFault['code'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LicensingFault';
    this.code = code;
  }
}

export type FaultListener = (fault: LicensingFault) => void;
