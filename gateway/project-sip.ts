#!/usr/bin/env node
import { readSipArguments, sipHelp } from './project-arguments.js';

/** The SIP server under the command line of mediaswitch: flags in, exit code out. */
const request = readSipArguments(process.argv.slice(2));
switch (request.kind) {
  case 'help':
    console.log(sipHelp);
    break;
  case 'self-test': {
    const { runSelfTest } = await import('./self-test/run.js');
    process.exitCode = await runSelfTest((line) => console.log(line));
    break;
  }
  case 'run':
  case 'problems':
    // The gateway takes a second to load, which nobody needs for the rest.
    await (await import('./project-program.js')).runProject('project-sip', request);
    break;
}
