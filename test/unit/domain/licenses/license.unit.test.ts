import { describe, expect, it } from 'vitest';
import { activated, codeOf, events, licenseId, ofLicense, Story, signedUp, started } from '../given.ts';

const byOperator = (
  type: 'DeactivateLicense' | 'RevokeLicense' | 'ReinstateLicense',
  n = 1,
  reason?: string,
) => ({ type, licenseId: licenseId(n), reason }) as const;

describe('an operator’s hand on a license', () => {
  const given = () => Story.given(signedUp, started('basic'), activated(1)).by('operator');

  it('deactivates, revokes and reinstates, and says why', () => {
    const story = given();
    const name = 'client-1';
    expect(story.when(byOperator('DeactivateLicense', 1, 'asked'))).toEqual(
      events(ofLicense('LicenseDeactivated', 1, name, 'asked')),
    );
    expect(story.does(byOperator('RevokeLicense', 1, 'stolen'))).toEqual(
      events(ofLicense('LicenseRevoked', 1, name, 'stolen')),
    );
    expect(story.licenses.active).toBe(0);
    expect(story.does(byOperator('ReinstateLicense', 1, 'found'))).toEqual(
      events(ofLicense('LicenseReinstated', 1, name, 'found')),
    );
    expect(story.licenses.active).toBe(1);
  });

  it('has nothing to do where the state asked for holds', () => {
    expect(codeOf(given().when(byOperator('ReinstateLicense')))).toBe('nothing');
    expect(
      codeOf(given().happened(ofLicense('LicenseDeactivated', 1)).when(byOperator('DeactivateLicense'))),
    ).toBe('nothing');
    expect(codeOf(given().happened(ofLicense('LicenseRevoked', 1)).when(byOperator('RevokeLicense')))).toBe(
      'nothing',
    );
  });

  it('can’t deactivate what is revoked, nor reinstate what was only deactivated', () => {
    expect(
      codeOf(given().happened(ofLicense('LicenseRevoked', 1)).when(byOperator('DeactivateLicense'))),
    ).toBe('client_revoked');
    expect(
      codeOf(given().happened(ofLicense('LicenseDeactivated', 1)).when(byOperator('ReinstateLicense'))),
    ).toBe('license_deactivated');
  });

  it('shuts out a client that was deactivated, but not through a license it has replaced', () => {
    const story = given().happened(ofLicense('LicenseDeactivated', 1));
    expect(codeOf(story.when(byOperator('RevokeLicense')))).toBe('events');
    story.happened(activated(2, 'client-1'));
    expect(story.when(byOperator('RevokeLicense'))).toMatchObject({
      rejection: { code: 'license_replaced', license: { licenseId: licenseId(2) } },
    });
    expect(story.licenses.active).toBe(1);
  });

  it('reinstates only if a place is free', () => {
    const story = given().happened(ofLicense('LicenseRevoked', 1));
    for (const n of [2, 3, 4]) story.happened(activated(n));
    expect(story.when(byOperator('ReinstateLicense'))).toMatchObject({
      rejection: { code: 'client_limit_reached', limit: 3 },
    });
  });

  it('does not find a license of nobody', () => {
    for (const type of ['DeactivateLicense', 'RevokeLicense', 'ReinstateLicense'] as const) {
      expect(given().when(byOperator(type, 9))).toEqual({
        kind: 'rejected',
        rejection: { code: 'not_found', what: 'license' },
      });
    }
  });
});
