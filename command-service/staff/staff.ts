import type { ExecutorDependencies } from '../dependencies.ts';
import { createLogInByEmail } from './openid/log-in.ts';
import { createFindMember } from './people/find.ts';
import { createMembers } from './people/members.ts';
import { createSigningIn } from './people/signing-in.ts';
import { createWelcoming } from './people/welcome.ts';
import { createServiceAccounts } from './service-accounts.ts';
import { createStaffStreams } from './streams.ts';

/** The write side of staff on one command node: service accounts, and people. */
export function createStaff(dependencies: ExecutorDependencies) {
  const streams = createStaffStreams(dependencies);
  const find = createFindMember(dependencies.vault, streams);
  return {
    serviceAccounts: createServiceAccounts(dependencies, streams),
    members: createMembers(dependencies, streams, find),
    signingIn: createSigningIn(dependencies, streams, find),
    logInByEmail: createLogInByEmail(dependencies, streams, find),
    welcoming: createWelcoming(dependencies, streams),
  };
}
