import { expect, test } from 'vitest';
import { parseConfig } from '../../gateway/config.js';
import { type ListeningAt, startLines } from '../../gateway/start-lines.js';

const listening = [
  { kind: 'udp', address: '127.0.0.1', port: 5060 },
  { kind: 'udp', address: '192.0.2.5', port: 5060 },
  { kind: 'tcp', address: '192.0.2.5', port: 5060 },
  { kind: 'http', address: '127.0.0.1', port: 8002 },
  { kind: 'mediaswitch', address: '127.0.0.1', port: 9000 },
];

function lines(
  argv: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
  at: readonly ListeningAt[] = listening,
): string[] {
  const result = parseConfig({ argv, env: {}, readFile: (file) => files[file] ?? '' });
  if (result.kind !== 'config') throw new Error(JSON.stringify(result));
  return startLines(result.config, at);
}

test('the start says where everything listens, who may register, and the four things to try', () => {
  const [title, ...rest] = lines();
  expect(title).toMatch(/^Hookline \d+\.\d+\.\d+ is ready\.$/);
  expect(rest.slice(0, 6)).toEqual([
    '  SIP    udp 127.0.0.1:5060, 192.0.2.5:5060; tcp 192.0.2.5:5060',
    '  RTP    udp 10000-19999',
    '  HTTP   http://127.0.0.1:8002',
    '  /dir   http://127.0.0.1:9000  (mediaswitch API)',
    '  hooks  http://127.0.0.1:3000/hooks  (reference hook server in this process; --hook-url to use yours)',
    'Who may register: any name, password = same name, from loopback and private addresses only.',
  ]);
  expect(rest[6]).toMatch(/user 1001, password 1001, server 127\.0\.0\.1$/);
  expect(rest[7]).toContain('9000');
  expect(rest[8]).toContain('http://127.0.0.1:8002/sip/invite/client');
  expect(rest[9]).toBe('4. Talk in a browser:     http://127.0.0.1:8002/join?room=9000');
});

test('the link to the page /join leads where no invitation is needed, or is made by a shell line', () => {
  const page = (argv: readonly string[], at = listening): string =>
    lines(argv, {}, at)
      .at(-1)!
      .replace(/^4\. Talk in a browser: +/, '');
  const secret = ['--api-secret', 'topsecret'];
  expect(page([...secret, '--join-open', 'meet-*,9*'])).toBe('http://127.0.0.1:8002/join?room=9000');
  expect(page([...secret, '--join-open', 'meet-*'])).toBe('http://127.0.0.1:8002/join?room=meet-1');
  expect(page(['--join-open', 'a&b'])).toBe('http://127.0.0.1:8002/join?room=a%26b');
  const made = page(secret);
  expect(made).toMatch(/^echo "http:\/\/127\.0\.0\.1:8002\/join\?room=9000&token=\$\(curl .*\/token\/webrtc .*\)"$/);
  expect(made).toContain('Bearer $API_SECRET');
  expect(made).not.toContain('topsecret');
  const wide = listening.map((each) => (each.kind === 'http' ? { ...each, address: '192.0.2.5' } : each));
  expect(page(['--http-listen', '192.0.2.5:8002', '--api-allow', '192.0.2.0/24'], wide)).toBe(
    'http://192.0.2.5:8002/join?room=9000  (by https: browsers give no microphone to http)',
  );
});

test('with a hook server or users of one’s own the lines say so, and no secret is printed', () => {
  const own = lines(['--hook-url', 'http://app.example/hooks', '--api-secret', 'topsecret']).join('\n');
  expect(own).toContain('Who may register: whom http://app.example/hooks/auth accepts.');
  expect(own).toContain('Bearer $API_SECRET');
  expect(own).not.toContain('topsecret');
  const users = lines(['--users', 'u.yaml'], { 'u.yaml': 'bob: x\neve: y\n' }).join('\n');
  expect(users).toContain('Who may register: the 2 users of the users file, from anywhere.');
});

test('the server to register at is one from whose network a phone is taken', () => {
  const home = [...listening, { kind: 'udp', address: '192.168.1.5', port: 5060 }];
  expect(lines([], {}, home)[7]).toMatch(/server 192\.168\.1\.5$/);
  expect(lines(['--hook-url', 'http://app.example/hooks'], {}, home)[7]).toMatch(/server 192\.0\.2\.5$/);
});

test('domains say who is believed and what a called user gets', () => {
  const domains = [
    { name: ['a.example', 'b.example'], users: { bob: 'geheim' } },
    { name: '*', auth: 'none', allow: ['10.0.0.0/8'], routing: 'redirect' },
  ];
  const own = lines(['--hook-url', 'off', '--domains', JSON.stringify(domains)]);
  expect(own).toContain('  hooks  off');
  expect(own).toContain('  domain a.example, b.example: digest, bridge');
  expect(own).toContain('  domain *: anybody from 10.0.0.0/8, redirect');
  expect(own).toContain('Who may register: the users of the domains.');
  expect(own.join('\n')).not.toContain('geheim');
  expect(own.at(-4)).toContain('user and password of yours');
  const open = lines(['--hook-url', 'off', '--domains', JSON.stringify(domains.slice(1))]);
  expect(open.at(-4)).toContain('user 1001, no password');
});

test('the usual port of the mediaswitch API may be taken; with off nothing is said of it', () => {
  const without = listening.filter(({ kind }) => kind !== 'mediaswitch');
  expect(lines([], {}, without)).toContain(
    '  /dir   127.0.0.1:9000 is in use by another program; --mediaswitch-listen chooses another',
  );
  expect(lines(['--mediaswitch-listen', 'off'], {}, without).join()).not.toContain('/dir');
});
