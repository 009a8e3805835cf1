import { z } from 'zod';
import { text } from '../../../shared/http/routes/fields.ts';

export const COMPARED = {
  description:
    'Compared after Unicode NFC, trimming and lower-casing, the domain in its ASCII form; at most 254 bytes then.',
};

/** NIST SP 800-63B asks for 8 characters at least and no rules about which. */
export const newPassword = text(8, 256);
export const password = text(1, 256);

export const verify = z
  .boolean()
  .optional()
  .meta({
    description: 'Whether a mail with a link to verify the email is to be sent.',
    examples: [true],
  });
