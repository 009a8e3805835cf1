import { isImportedLicenseKeyForm, isLicenseKeyForm, licenseKeyForm } from '../../license-keys/text.ts';

/** The token of an `Authorization: Bearer …` header (RFC 6750, 2.1); undefined for any other header. */
export function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer +([\w~+/.-]+=*) *$/i.exec(authorization ?? '')?.[1];
}

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * The form of the license key in an `Authorization: Bearer …` header, however it was typed, with spaces too; 'mistyped' where
 * it can't be one, which costs no question to any store; undefined where the header is about something else.
 */
export function licenseKeyIn(
  authorization: string | undefined,
  importedToo: boolean,
): { readonly form: string } | 'mistyped' | undefined {
  const typed = /^Bearer +(.{1,256})$/i.exec(authorization ?? '')?.[1]?.trim();
  if (typed === undefined || JWT.test(typed)) return undefined;
  const form = licenseKeyForm(typed);
  return isLicenseKeyForm(form) || (importedToo && isImportedLicenseKeyForm(form)) ? { form } : 'mistyped';
}
