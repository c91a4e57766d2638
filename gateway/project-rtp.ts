#!/usr/bin/env node
import { readRtpArguments, rtpHelp } from './project-arguments.js';
import { appendTone, filterTest, printWavInfo } from './project-sounds.js';

/** The RTP server under the command line of mediaswitch: flags in, exit code out. */
const request = readRtpArguments(process.argv.slice(2));
const print = (line: string): void => console.log(line);
const complain = (line: string): void => console.error(`project-rtp: ${line}`);
switch (request.kind) {
  case 'help':
    print(rtpHelp);
    break;
  case 'tone':
    process.exitCode = appendTone(request, { print, complain });
    break;
  case 'wav-info':
    process.exitCode = printWavInfo(request.file, { print, complain });
    break;
  case 'filter-test':
    print(filterTest(request.hz));
    break;
  case 'run':
  case 'problems':
    // The gateway takes a second to load, which nobody needs for the rest.
    await (await import('./project-program.js')).runProject('project-rtp', request);
    break;
}
