import { describe, expect, test } from 'vitest';
import {
  type ProjectRequest,
  readRtpArguments,
  readSipArguments,
  rtpHelp,
  sipHelp,
} from '../../gateway/project-arguments.js';

type Run = Extract<ProjectRequest, { kind: 'run' }>;

function run(request: ProjectRequest): Run {
  if (request.kind !== 'run') throw new Error(JSON.stringify(request));
  return request;
}

function problems(request: ProjectRequest): readonly string[] {
  return request.kind === 'problems' ? request.problems : [request.kind];
}

describe('mediaswitch row 31: the command line of project-sip', () => {
  test('mediaswitch row 31: --cp, --sp and --pa become flags of ours, --fg is taken, the rest is passed on', () => {
    const argv = [
      '--fg',
      '--cp',
      '9100',
      '--log-level',
      'debug',
      '--sp=5070',
      '--pa',
      '192.0.2.1',
      '--dir-persist',
      'off',
    ];
    expect(run(readSipArguments(argv)).argv).toEqual([
      ...['--mediaswitch-listen', '127.0.0.1:9100', '--sip-listen', '0.0.0.0:5070', '--public-ip', '192.0.2.1'],
      ...['--log-level', 'debug', '--dir-persist', 'off'],
    ]);
  });

  test('mediaswitch row 31: without flags it is on the ports of the original, asks no hook, and ends at once', () => {
    const { argv, defaults, publicName } = run(readSipArguments([]));
    expect([argv, publicName]).toEqual([[], null]);
    expect(defaults.join(' ')).toContain('--mediaswitch-listen 127.0.0.1:9000 --sip-listen 0.0.0.0:5060');
    expect(defaults.join(' ')).toContain('--hook-url off');
    expect(defaults.join(' ')).toContain('--drain-ms 0');
  });

  test('mediaswitch row 31: ports above 32767 are taken; the last one of several counts', () => {
    expect(run(readSipArguments(['--sp', '5060', '--sp', '65535'])).argv).toEqual(['--sip-listen', '0.0.0.0:65535']);
  });

  test('mediaswitch row 31: a host name for --pa is left to be looked up, IPv6 is an address', () => {
    expect(run(readSipArguments(['--pa', 'sip.example.com']))).toMatchObject({
      publicName: 'sip.example.com',
      argv: [],
    });
    expect(run(readSipArguments(['--pa', '2001:db8::1'])).argv).toEqual(['--public-ip', '2001:db8::1']);
  });

  test('mediaswitch row 31: --help and --test', () => {
    expect(readSipArguments(['--fg', '--help']).kind).toBe('help');
    expect(readSipArguments(['-h']).kind).toBe('help');
    expect(readSipArguments(['--test', '--fg']).kind).toBe('self-test');
    for (const flag of ['--fg', '--test', '--cp', '--sp', '--pa', '--help']) expect(sipHelp).toContain(`\n  ${flag} `);
  });

  test.each([
    [['--cp'], ['--cp: a value is missing']],
    [['--cp', '70000'], ['--cp: "70000" is not accepted; use a port from 0 to 65535']],
    [
      ['--sp', 'x', '--cp=-1'],
      [
        '--cp: "-1" is not accepted; use a port from 0 to 65535',
        '--sp: "x" is not accepted; use a port from 0 to 65535',
      ],
    ],
    [['--pa', 'a b'], ['--pa: "a b" is not accepted; use an IP address or a host name']],
    [
      ['--test', '--cp', '1'],
      ['--cp: does not go with --test', '1: does not go with --test'],
    ],
  ])('mediaswitch row 31: %j is refused', (argv, expected) => {
    expect(problems(readSipArguments(argv))).toEqual(expected);
  });
});

describe('mediaswitch row 31: the command line of project-rtp', () => {
  test('mediaswitch row 31: its flags become flags of ours', () => {
    const argv = [
      '--fg',
      '--port',
      '9102',
      '--pa',
      '192.0.2.1',
      '--maxworker',
      '3',
      '--chroot',
      '/srv/sounds',
      '--srtp',
      'off',
    ];
    const { argv: ours, defaults } = run(readRtpArguments(argv));
    expect(ours).toEqual([
      ...['--rtp-http-listen', '127.0.0.1:9102', '--media-workers', '3', '--sounds', '/srv/sounds'],
      ...['--public-ip', '192.0.2.1', '--srtp', 'off'],
    ]);
    expect(defaults.join(' ')).toContain('--role media');
    expect(defaults.join(' ')).toContain('--rtp-http-listen 127.0.0.1:9002');
  });

  test('mediaswitch row 27: --tone, --wavinfo and --testfir', () => {
    expect(readRtpArguments(['--tone', '400:100', 'out.wav'])).toEqual({
      kind: 'tone',
      description: '400:100',
      file: 'out.wav',
    });
    expect(readRtpArguments(['--wavinfo', 'in.wav'])).toEqual({ kind: 'wav-info', file: 'in.wav' });
    expect(readRtpArguments(['--testfir', '1000'])).toEqual({ kind: 'filter-test', hz: 1000 });
    expect(readRtpArguments(['--help']).kind).toBe('help');
    for (const flag of [
      '--fg',
      '--port',
      '--pa',
      '--maxworker',
      '--chroot',
      '--tone',
      '--wavinfo',
      '--testfir',
      '--help',
    ]) {
      expect(rtpHelp).toContain(`\n  ${flag} `);
    }
  });

  test.each([
    [['--tone', '400:100'], ['--tone: a description and a file are missing']],
    [['--tone'], ['--tone: a description and a file are missing']],
    [['--wavinfo'], ['--wavinfo: a value is missing']],
    [['--wavinfo', 'a.wav', 'b.wav'], ['b.wav: does not go with --wavinfo']],
    [['--testfir', '8000'], ['--testfir: "8000" is not accepted; use a frequency from 1 to 7999']],
    [['--maxworker', 'many'], ['--maxworker: "many" is not accepted; use a number of media hosts from 0 to 256']],
    [['--chroot', '--srtp'], ['--chroot: "--srtp" is not accepted; use a directory']],
  ])('mediaswitch row 31: %j is refused', (argv, expected) => {
    expect(problems(readRtpArguments(argv))).toEqual(expected);
  });
});
