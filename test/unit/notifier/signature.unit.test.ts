import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signatureHeaders } from '../../../projector/notifier/deliveries/signature.ts';

const secret = Buffer.alloc(32, 1);
const other = Buffer.alloc(32, 2);
const body = '{"type":"customer.created","data":{"name":"Zoë"}}';
const signed = { id: '0192d8a0-0000-7000-8000-000000000001', at: Date.now(), body };
const verifier = (key: Buffer) => new Webhook(`whsec_${key.toString('base64')}`);

describe('the signature', () => {
  it("is what the standard's package makes and verifies", () => {
    const headers = signatureHeaders(signed, [secret]);
    expect(headers['webhook-signature']).toBe(verifier(secret).sign(signed.id, new Date(signed.at), body));
    expect(verifier(secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => verifier(other).verify(body, headers)).toThrow();
    expect(() => verifier(secret).verify(`${body} `, headers)).toThrow();
  });

  it('is one for each secret', () => {
    const headers = signatureHeaders(signed, [secret, other]);
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2);
    for (const key of [secret, other]) verifier(key).verify(body, headers);
  });
});
