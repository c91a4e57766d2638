import { lookup } from 'node:dns/promises';
import { messageOf } from '../base/errors.js';
import { main } from './main.js';
import type { ProjectRequest } from './project-arguments.js';

/** Runs the gateway for a command line of project-sip or project-rtp. Exit code 2 for what is wrong with it. */
export async function runProject(
  name: string,
  request: Extract<ProjectRequest, { kind: 'run' | 'problems' }>,
): Promise<void> {
  if (request.kind === 'problems') {
    for (const problem of request.problems) console.error(`${name}: ${problem}`);
    process.exitCode = 2;
    return;
  }
  const { argv, defaults, publicName } = request;
  if (publicName === null) return main({ name, argv, defaults });
  try {
    const { address } = await lookup(publicName);
    await main({ name, argv: ['--public-ip', address, ...argv], defaults });
  } catch (thrown) {
    console.error(`${name}: --pa: ${publicName} has no address (${messageOf(thrown)})`);
    process.exitCode = 2;
  }
}
