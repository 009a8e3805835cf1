import { describe, expect, it } from 'vitest';
import { problemOf } from '../../../command-service/routes/refusals.ts';

const license = {
  licenseId: '019afc2f-1b52-7e13-9b4c-6f708b9cad1e',
  clientId: 'laptop',
  product: 'app',
  status: 'revoked',
} as never;

describe('a refusal', () => {
  it.each([
    { code: 'no_active_subscription' },
    { code: 'client_revoked', license },
    { code: 'license_deactivated', license },
    { code: 'license_replaced', license },
    { code: 'trial_used' },
    { code: 'license_key_expired' },
  ] as const)('says what to do instead: $code', (refusal) => {
    expect(problemOf(refusal).options.detail).toMatch(/\w+ \w+/);
  });

  it('of a license key that is used up counts its clients', () => {
    const detail = (uses: number) => problemOf({ code: 'license_key_used_up', uses }).options.detail;
    expect(detail(1)).toContain('it has activated its one client');
    expect(detail(10)).toContain('it has activated 10 clients');
  });
});
