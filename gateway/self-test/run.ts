import { messageOf } from '../../base/errors.js';
import { sdpChecks } from './sdp-checks.js';
import { sipChecks } from './sip-checks.js';
import { stackChecks } from './stack-checks.js';

/** One thing that has to be as it should; throws or rejects with what is not. */
export interface Check {
  readonly name: string;
  readonly run: () => void | Promise<void>;
}

export const selfTestChecks: readonly Check[] = [...sdpChecks, ...sipChecks, ...stackChecks];

/** Runs every check, without a socket, and prints a line for each. Returns the exit code: 1 when one has failed. */
export async function runSelfTest(
  print: (line: string) => void,
  checks: readonly Check[] = selfTestChecks,
): Promise<0 | 1> {
  let failed = 0;
  for (const { name, run } of checks) {
    try {
      await run();
      print(`ok      ${name}`);
    } catch (thrown) {
      failed += 1;
      print(`FAILED  ${name}: ${messageOf(thrown).split('\n', 1)[0]}`);
    }
  }
  print(failed === 0 ? `All ${checks.length} checks passed.` : `${failed} of ${checks.length} checks FAILED.`);
  return failed === 0 ? 0 : 1;
}
