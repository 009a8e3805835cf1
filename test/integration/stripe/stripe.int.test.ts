import { useBench } from './bench.ts';
import { customerCases } from './cases/customers.ts';
import { casesForPeople } from './cases/people.ts';
import { programCases } from './cases/program.ts';
import { subscriptionCases } from './cases/subscriptions.ts';
import { takenBackCases } from './cases/taken-back.ts';

/** One system for all of them: each has customers of its own. */
const bench = useBench();

subscriptionCases(bench);
customerCases(bench);
casesForPeople(bench);
programCases(bench);
takenBackCases(bench);
