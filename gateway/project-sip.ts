#!/usr/bin/env node
import { readSipArguments, sipHelp } from './project-arguments.js';
import { runProject } from './project-program.js';
import { runSelfTest } from './self-test/run.js';

/** The SIP server under the command line of mediaswitch: flags in, exit code out. */
const request = readSipArguments(process.argv.slice(2));
if (request.kind === 'help') console.log(sipHelp);
else if (request.kind === 'self-test') process.exitCode = await runSelfTest((line) => console.log(line));
else if (request.kind === 'run' || request.kind === 'problems') await runProject('project-sip', request);
