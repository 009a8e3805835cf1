import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../command-service/domain/user.ts';
import { accessTokenHolds } from '../../../../command-service/domain/user-state.ts';
import {
  at,
  codeOf,
  DAY,
  DIGEST,
  erased,
  events,
  NOW,
  Story,
  signedUp,
  start,
  started,
  suspension,
  USER,
} from '../given.ts';

const TOKEN = '7a1d5f0e-2b7c-4a51-9a41-0c6f2d9b1e11';
const signUp = {
  type: 'SignUp',
  email: 'a@example.com',
  emailDigest: DIGEST,
  passwordHash: 'hash',
} as const;
const logOut = { type: 'LogOut', tokenId: TOKEN, rev: 0, expiresAt: NOW + 60_000 } as const;
const loggedOut = {
  type: 'LoggedOut',
  data: { userId: USER, tokenId: TOKEN, expiresAt: at(NOW + 60_000) },
} as const;
const passwordChanged = {
  type: 'PasswordChanged',
  data: { userId: USER, personal: { passwordHash: 'new hash' } },
} as const;

describe('signing up', () => {
  it('begins the history of a user', () => {
    expect(Story.given().when(signUp)).toEqual(events(signedUp));
  });

  it('is refused once there is a history, also one that ended', () => {
    expect(codeOf(Story.given(signedUp).when(signUp))).toBe('email_taken');
    expect(codeOf(Story.given(signedUp, erased).when(signUp))).toBe('email_taken');
  });
});

describe('a user who does not exist or was erased', () => {
  it.each([
    { type: 'ChangePassword', passwordHash: 'x' },
    start(),
    { type: 'ActivateClient', clientId: 'c' },
  ] as const satisfies readonly Command[])('is not found by $type', (command) => {
    const notFound = { kind: 'rejected', rejection: { code: 'not_found', what: 'user' } };
    expect(Story.given().when(command)).toEqual(notFound);
    expect(Story.given(signedUp, started(), erased).when(command)).toEqual(notFound);
  });
});

describe('changing the password', () => {
  it('is an event each time: the new hash is another one', () => {
    const story = Story.given(signedUp);
    expect(story.does({ type: 'ChangePassword', passwordHash: 'new hash' })).toEqual(events(passwordChanged));
    expect(story.state.account).toMatchObject({
      credentials: JSON.stringify({ passwordHash: 'new hash' }),
      credentialsEvent: 'PasswordChanged',
      credentialsRevision: 1,
    });
  });

  it('ends the tokens from before it, and none from after it', () => {
    const { state } = Story.given(signedUp, passwordChanged);
    expect(accessTokenHolds(state, { tokenId: TOKEN, rev: 0 })).toBe(false);
    expect(accessTokenHolds(state, { tokenId: TOKEN, rev: 1 })).toBe(true);
  });
});

describe('logging out', () => {
  it('ends that token and no other', () => {
    const story = Story.given(signedUp);
    expect(story.does(logOut)).toEqual(events(loggedOut));
    expect(accessTokenHolds(story.state, logOut)).toBe(false);
    expect(accessTokenHolds(story.state, { tokenId: USER, rev: 0 })).toBe(true);
  });

  it('has nothing to do for a token that has ended: logged out, expired, overtaken, or of an erased user', () => {
    expect(codeOf(Story.given(signedUp, loggedOut).when(logOut))).toBe('nothing');
    expect(
      codeOf(
        Story.given(signedUp)
          .at(NOW + 60_000)
          .when(logOut),
      ),
    ).toBe('nothing');
    expect(codeOf(Story.given(signedUp, passwordChanged).when(logOut))).toBe('nothing');
    expect(codeOf(Story.given(signedUp, erased).when(logOut))).toBe('nothing');
  });

  it('forgets a logged-out token at the first log-out after its expiry', () => {
    const story = Story.given(signedUp, loggedOut).at(NOW + 60_000);
    story.happened({
      type: 'LoggedOut',
      data: { ...loggedOut.data, tokenId: USER, expiresAt: at(NOW + 90_000) },
    });
    expect([...story.state.account.endedTokens.keys()]).toEqual([USER]);
  });
});

describe('erasing', () => {
  it('is the last event of a user', () => {
    const story = Story.given(signedUp);
    expect(story.does({ type: 'EraseUser' })).toEqual(events(erased));
    expect(story.when({ type: 'EraseUser' })).toEqual({ kind: 'nothing', subject: { kind: 'user' } });
  });

  it('ends every token, forgets the credentials, and keeps the digest by which the email is released', () => {
    const { state } = Story.given(signedUp, erased);
    expect(accessTokenHolds(state, { tokenId: TOKEN, rev: 1 })).toBe(false);
    expect(state.account).toMatchObject({ status: 'erased', credentials: '', emailDigest: DIGEST });
  });

  it('does not find a user who never was', () => {
    expect(codeOf(Story.given().when({ type: 'EraseUser' }))).toBe('not_found');
  });
});

describe('erasing', () => {
  it('leaves the email of a suspended customer blocked, also when what staff suspended is over', () => {
    const erase = { type: 'EraseUser' } as const;
    const blocked = (emailBlocked: boolean) =>
      events({ type: 'UserErased', data: { userId: USER, emailBlocked } });
    expect(Story.given(signedUp, started()).when(erase)).toEqual(blocked(false));
    const suspended = () => Story.given(signedUp, started(), suspension('SubscriptionSuspended'));
    expect(suspended().when(erase)).toEqual(blocked(true));
    expect(
      suspended()
        .at(NOW + 400 * DAY)
        .when(erase),
    ).toEqual(blocked(true));
    expect(suspended().happened(suspension('SubscriptionReinstated')).when(erase)).toEqual(blocked(false));
  });
});
