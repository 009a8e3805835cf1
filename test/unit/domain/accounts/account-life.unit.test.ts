import { describe, expect, it } from 'vitest';
import { ONE_TIME_TOKEN_MS } from '../../../../command-service/domain/account-commands.ts';
import { accessTokenHolds } from '../../../../command-service/domain/user-state.ts';
import type { NewUserEvent } from '../../../../shared/events/types.ts';
import {
  at,
  codeOf,
  DAY,
  DIGEST,
  erased,
  events,
  NOW,
  newId,
  Story,
  signedUp,
  started,
  suspension,
  USER,
} from '../given.ts';

const OTHER_DIGEST = 'b'.repeat(64);
const added: NewUserEvent = {
  type: 'UserAdded',
  data: {
    userId: USER,
    emailDigest: DIGEST,
    externalId: 'cus_1',
    personal: { email: 'a@example.com', name: 'Ada' },
  },
};
const addUser = {
  type: 'AddUser',
  email: 'a@example.com',
  emailDigest: DIGEST,
  name: 'Ada',
  externalId: 'cus_1',
} as const;
const changeEmail = { type: 'ChangeEmail', email: 'b@example.com', emailDigest: OTHER_DIGEST } as const;
const emailChanged: NewUserEvent = {
  type: 'EmailChanged',
  data: { userId: USER, emailDigest: OTHER_DIGEST, personal: { email: 'b@example.com' } },
};
const passwordChanged: NewUserEvent = {
  type: 'PasswordChanged',
  data: { userId: USER, personal: { passwordHash: 'new hash' } },
};
const resetId = newId(1, NOW);
const issued: NewUserEvent = {
  type: 'PasswordResetIssued',
  data: { userId: USER, resetId, expiresAt: at(NOW + ONE_TIME_TOKEN_MS) },
};
const reset = { type: 'ResetPassword', resetId, passwordHash: 'reset hash' } as const;
const sessionsEnded: NewUserEvent = { type: 'SessionsEnded', data: { userId: USER } };

describe('a user made by staff', () => {
  it('begins with what is known of them, and no password', () => {
    const story = Story.given();
    expect(story.does(addUser)).toEqual(events(added));
    expect(story.state.account).toMatchObject({
      status: 'active',
      emailDigest: DIGEST,
      credentials: '',
      passwordRevision: -1,
      profile: { status: 'active', externalId: 'cus_1', emailVerified: false, createdAt: NOW },
    });
  });

  it('may have a name alone', () => {
    const story = Story.given();
    expect(story.does({ type: 'AddUser', name: 'Ada' })).toEqual(
      events({ type: 'UserAdded', data: { userId: USER, personal: { name: 'Ada' } } }),
    );
    expect(story.state.account.emailDigest).toBe('');
  });

  it('is the same user again under an external id, whatever has become of them; else the email is taken', () => {
    for (const story of [Story.given(added), Story.given(added, erased)]) {
      const { profile } = story.state.account;
      expect(story.when({ ...addUser, name: 'another name' })).toEqual({
        kind: 'nothing',
        subject: { kind: 'profile', profile },
      });
    }
    const { externalId: _, ...byEmail } = addUser;
    expect(codeOf(Story.given(added).when(byEmail))).toBe('email_taken');
  });
});

describe('a one-time token to set a password by', () => {
  it('is given out for a day, to a user who has an email', () => {
    expect(Story.given(signedUp).when({ type: 'IssuePasswordReset' })).toEqual(events(issued));
    const noEmail = Story.given({ type: 'UserAdded', data: { userId: USER, personal: { name: 'Ada' } } });
    expect(codeOf(noEmail.when({ type: 'IssuePasswordReset' }))).toBe('email_required');
    expect(codeOf(Story.given().when({ type: 'IssuePasswordReset' }))).toBe('not_found');
    expect(codeOf(Story.given(signedUp, erased).when({ type: 'IssuePasswordReset' }))).toBe('not_found');
  });

  it('works once, and ends the sessions from before it', () => {
    const story = Story.given(added, issued);
    expect(story.does(reset)).toEqual(
      events({
        type: 'PasswordChanged',
        data: { userId: USER, resetId, personal: { passwordHash: 'reset hash' } },
      }),
    );
    expect(story.state.account).toMatchObject({ passwordRevision: 2, credentialsRevision: 2 });
    expect(codeOf(story.when(reset))).toBe('one_time_token_invalid');
  });

  it('works until a day has passed', () => {
    const story = Story.given(signedUp, issued);
    expect(codeOf(story.at(NOW + DAY - 1).when(reset))).toBe('events');
    expect(codeOf(story.at(NOW + DAY).when(reset))).toBe('one_time_token_invalid');
  });

  it.each([passwordChanged, emailChanged])('is overtaken by $type', (event) => {
    expect(codeOf(Story.given(signedUp, issued, event).when(reset))).toBe('one_time_token_invalid');
  });

  it('outlives an end of all sessions, and another token', () => {
    const second = newId(2, NOW);
    const other: NewUserEvent = { type: 'PasswordResetIssued', data: { ...issued.data, resetId: second } };
    const story = Story.given(signedUp, issued, other, sessionsEnded);
    expect(codeOf(story.when(reset))).toBe('events');
    expect(codeOf(story.does({ ...reset, resetId: second }))).toBe('events');
    expect(codeOf(story.when(reset))).toBe('one_time_token_invalid');
  });

  it('is not another user’s', () => {
    expect(codeOf(Story.given(signedUp).when(reset))).toBe('one_time_token_invalid');
  });

  it('is mailed at most five times before one is used or expires; staff hand out as many as they like', () => {
    const story = Story.given(signedUp);
    const ask = { type: 'IssuePasswordReset' } as const;
    const mailed = Array.from({ length: 6 }, () => story.by('anonymous').does(ask).kind);
    expect(mailed).toEqual(['events', 'events', 'events', 'events', 'events', 'nothing']);
    expect(story.by('operator').does(ask).kind).toBe('events');
    expect(
      story
        .by('anonymous')
        .at(NOW + DAY)
        .does(ask).kind,
    ).toBe('events');
    story.happened(passwordChanged);
    expect(story.does(ask).kind).toBe('events');
  });

  it('is forgotten at the next one after its expiry', () => {
    const story = Story.given(signedUp, issued).at(NOW + DAY);
    story.does({ type: 'IssuePasswordReset' });
    expect(story.state.account.resets.size).toBe(1);
  });
});

describe('another email', () => {
  it('replaces the first one; sessions go on, and it is not verified', () => {
    const story = Story.given(signedUp, {
      type: 'EmailVerified',
      data: { userId: USER, emailDigest: DIGEST },
    });
    expect(story.state.account.profile.emailVerified).toBe(true);
    expect(story.does(changeEmail)).toEqual(events(emailChanged));
    expect(story.state.account).toMatchObject({
      emailDigest: OTHER_DIGEST,
      profile: { emailVerified: false },
    });
    expect(accessTokenHolds(story.state, { tokenId: 'x', rev: 0 })).toBe(true);
  });

  it('that is the one they have changes nothing', () => {
    expect(codeOf(Story.given(signedUp, emailChanged).when(changeEmail))).toBe('nothing');
  });

  it('is not for a suspended customer, also past the end date; staff may give one', () => {
    const story = Story.given(signedUp, started(), suspension('SubscriptionSuspended')).at(NOW + 99 * DAY);
    expect(codeOf(story.when(changeEmail))).toBe('subscription_suspended');
    expect(codeOf(story.by('operator').when(changeEmail))).toBe('events');
    story.by('user').happened(suspension('SubscriptionReinstated'));
    expect(codeOf(story.when(changeEmail))).toBe('events');
  });
});

describe('verifying an email', () => {
  const verify = {
    type: 'VerifyEmail',
    emailRevision: 0,
    passwordRevision: 0,
    expiresAt: NOW + 1,
  } as const;

  it('works once, for the email and the password that the token was made for, until it expires', () => {
    const story = Story.given(signedUp);
    expect(codeOf(story.when({ ...verify, expiresAt: NOW }))).toBe('one_time_token_invalid');
    expect(story.does(verify)).toEqual(
      events({ type: 'EmailVerified', data: { userId: USER, emailDigest: DIGEST } }),
    );
    expect(codeOf(story.when(verify))).toBe('one_time_token_invalid');
    for (const overtaking of [emailChanged, passwordChanged])
      expect(codeOf(Story.given(signedUp, overtaking).when(verify))).toBe('one_time_token_invalid');
  });

  it('is nothing for a user without an email', () => {
    const story = Story.given({ type: 'UserAdded', data: { userId: USER, personal: { name: 'Ada' } } });
    expect(codeOf(story.when({ ...verify, passwordRevision: -1 }))).toBe('one_time_token_invalid');
  });
});

describe('ending all sessions', () => {
  it('ends the tokens from before, and keeps the password', () => {
    const story = Story.given(signedUp);
    expect(story.does({ type: 'EndSessions' })).toEqual(events(sessionsEnded));
    expect(accessTokenHolds(story.state, { tokenId: 'x', rev: 0 })).toBe(false);
    expect(accessTokenHolds(story.state, { tokenId: 'x', rev: 1 })).toBe(true);
    expect(story.state.account).toMatchObject({
      passwordRevision: 0,
      credentials: expect.stringMatching(/hash/),
    });
  });
});

describe('erasing a suspended customer', () => {
  const blocked: NewUserEvent = { type: 'UserErased', data: { userId: USER, emailBlocked: true } };

  it('blocks the email, whoever erases, also past the end date', () => {
    const story = Story.given(signedUp, started(), suspension('SubscriptionSuspended')).at(NOW + 99 * DAY);
    expect(story.when({ type: 'EraseUser' })).toEqual(events(blocked));
    expect(story.by('operator').does({ type: 'EraseUser' })).toEqual(events(blocked));
    expect(story.state.account).toMatchObject({ emailBlocked: true, emailDigest: DIGEST });
  });

  it('blocks nothing where there is no email, or no suspension any more', () => {
    const nameless = Story.given(
      { type: 'UserAdded', data: { userId: USER, personal: { name: 'Ada' } } },
      started(),
      suspension('SubscriptionSuspended'),
    );
    expect(nameless.when({ type: 'EraseUser' })).toEqual(events(erased));
    const reinstated = Story.given(signedUp, started(), suspension('SubscriptionSuspended'));
    reinstated.happened(suspension('SubscriptionReinstated'));
    expect(reinstated.when({ type: 'EraseUser' })).toEqual(events(erased));
  });
});

describe('a token to verify an email by', () => {
  const ask = { type: 'IssueEmailVerification' } as const;
  const verification = (emailRevision: number, passwordRevision: number, now = NOW): NewUserEvent => ({
    type: 'EmailVerificationIssued',
    data: { userId: USER, emailRevision, passwordRevision, expiresAt: at(now + ONE_TIME_TOKEN_MS) },
  });

  it('names the revisions that set the email and the password', () => {
    expect(Story.given(signedUp).when(ask)).toEqual(events(verification(0, 0)));
    expect(Story.given(added).when(ask)).toEqual(events(verification(0, -1)));
    expect(Story.given(signedUp, passwordChanged, emailChanged).when(ask)).toEqual(
      events(verification(2, 1)),
    );
  });

  it.each([
    [
      'signing up',
      Story.given(),
      { type: 'SignUp', email: 'a@example.com', emailDigest: DIGEST, passwordHash: 'hash' },
    ],
    ['another email', Story.given(signedUp, sessionsEnded), changeEmail],
  ] as const)(
    'comes with %s, if that is asked for, and verifies what it came with',
    (_what, story, command) => {
      const decision = story.does({ ...command, verify: true });
      const token = decision.kind === 'events' ? decision.events[1] : undefined;
      if (token?.type !== 'EmailVerificationIssued') throw new Error('no token was issued');
      const { emailRevision, passwordRevision, expiresAt } = token.data;
      const verify = {
        type: 'VerifyEmail',
        emailRevision,
        passwordRevision,
        expiresAt: Date.parse(expiresAt),
      } as const;
      expect(story.does(verify).kind).toBe('events');
      expect(story.state.account.profile.emailVerified).toBe(true);
      expect(story.does(ask).kind).toBe('nothing');
    },
  );

  it('is mailed at most five times in a day to one address', () => {
    const story = Story.given(signedUp);
    const mailed = () => story.does(ask).kind;
    expect(Array.from({ length: 6 }, mailed)).toEqual([...Array(5).fill('events'), 'nothing']);
    expect(story.does(changeEmail).kind).toBe('events');
    expect(mailed()).toBe('events');
    story.at(NOW + DAY);
    expect(mailed()).toBe('events');
    expect(story.state.account.verifications).toHaveLength(1);
  });

  it('needs an email', () => {
    const nameless: NewUserEvent = { type: 'UserAdded', data: { userId: USER, personal: { name: 'Ada' } } };
    expect(codeOf(Story.given(nameless).when(ask))).toBe('email_required');
  });
});
