import { describe, expect, test } from 'vitest';
import type { InterfaceAddress } from '../../base/network.js';
import { defaultText, helpText } from '../../gateway/config/help.js';
import { pairsIn } from '../../gateway/config/media-settings.js';
import { flagOf, type SettingName, settings, variableOf } from '../../gateway/config/settings.js';
import { type Config, type ConfigSources, parseConfig } from '../../gateway/config.js';

const interfaces: InterfaceAddress[] = [
  { name: 'lo', address: '127.0.0.1', family: 4, internal: true },
  { name: 'eth0', address: '192.0.2.5', family: 4, internal: false },
  { name: 'eth0', address: '2001:db8::5', family: 6, internal: false },
];

interface Given {
  readonly argv?: readonly string[];
  readonly env?: ConfigSources['env'];
  readonly files?: Readonly<Record<string, string>>;
}

function parse({ argv = [], env = {}, files = {} }: Given) {
  return parseConfig({
    argv,
    env,
    interfaces,
    cores: 4,
    readFile: (file) => {
      const text = files[file];
      if (text === undefined) throw new Error('ENOENT: no such file');
      return text;
    },
  });
}

function configOf(given: Given): Config {
  const result = parse(given);
  if (result.kind !== 'config') throw new Error(JSON.stringify(result));
  return result.config;
}

function problemsOf(given: Given): readonly string[] {
  const result = parse(given);
  return result.kind === 'problems' ? result.problems : [];
}

describe('defaults', () => {
  test('without any setting the gateway listens as the design says and embeds the hook server', () => {
    const config = configOf({});
    expect(config).toMatchObject({
      sipListen: [{ address: '0.0.0.0', port: 5060 }],
      sipTransports: ['udp', 'tcp', 'tls', 'ws'],
      sipsListen: [],
      sipWsListen: [],
      sipWssListen: [],
      sipWsOrigins: [],
      tls: null,
      httpListen: { address: '127.0.0.1', port: 8002 },
      embeddedHooks: { address: '127.0.0.1', port: 3000 },
      hookUrl: 'http://127.0.0.1:3000/hooks',
      hookErrorCode: { auth: 503, invite: 503 },
      realm: 'sip.media-server.8xff.io',
      rtpPorts: { from: 10_000, to: 19_999 },
      maxConn: 5000,
      rtpTimeoutMs: 180_000,
      drainMs: 30_000,
      mediaWorkers: 3,
      dataDir: './data',
      waitOtherPeersTimeoutMs: 30_000,
      acceptAloneTimeoutMs: 0,
      ringTimeoutMs: 60_000,
      privateSourcesOnly: true,
      users: null,
      tokenSecret: null,
    });
  });

  test('the config is frozen, all the way down', () => {
    const config = configOf({});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.sipListen[0])).toBe(true);
    expect(Object.isFrozen(config.rtpPorts)).toBe(true);
  });

  test('every default is a value that its own reader accepts, where text can give it', () => {
    for (const name of Object.keys(settings) as SettingName[]) {
      const text = defaultText(name);
      const isValue = !('initialText' in settings[name]) && text !== 'none';
      if (isValue) expect(settings[name].reader.read(text), name).toMatchObject({ ok: true });
    }
  });
});

describe('sources', () => {
  const files = { 'a.yaml': 'rtp_timeout_ms: 3000\ndrain_ms: 3000\nring_timeout_ms: 3000\n' };

  test('a flag wins over a variable, a variable over the file, the file over the default', () => {
    const config = configOf({
      argv: ['--config', 'a.yaml', '--rtp-timeout-ms', '1000'],
      env: { HOOKLINE_RTP_TIMEOUT_MS: '2000', HOOKLINE_DRAIN_MS: '2000' },
      files,
    });
    expect([config.rtpTimeoutMs, config.drainMs, config.ringTimeoutMs]).toEqual([1000, 2000, 3000]);
    expect(config.waitOtherPeersTimeoutMs).toBe(30_000);
  });

  test('the file may be named by HOOKLINE_CONFIG, and an empty variable counts as not set', () => {
    const config = configOf({ env: { HOOKLINE_CONFIG: 'a.yaml', HOOKLINE_DRAIN_MS: '' }, files });
    expect(config.drainMs).toBe(3000);
  });

  test('--name=value, a switch alone, and repeated listeners', () => {
    const config = configOf({
      argv: ['--realm=example.org', '--call-events', '--sip-listen', '127.0.0.1', '--sip-listen', '[::1]:5070'],
    });
    expect(config.realm).toBe('example.org');
    expect(config.callEvents).toBe(true);
    expect(config.sipListen).toEqual([
      { address: '127.0.0.1', port: 5060 },
      { address: '::1', port: 5070 },
    ]);
  });

  test('name servers are those of the system unless told, with port 53 unless told', () => {
    expect(configOf({}).dnsServers).toBeNull();
    const told = [
      { address: '192.0.2.53', port: 53 },
      { address: '2001:db8::53', port: 5353 },
    ];
    expect(configOf({ argv: ['--dns-servers', '192.0.2.53,[2001:db8::53]:5353'] }).dnsServers).toEqual(told);
    const repeated = ['--dns-servers', '192.0.2.53', '--dns-servers=[2001:db8::53]:5353'];
    expect(configOf({ argv: repeated }).dnsServers).toEqual(told);
    expect(configOf({ env: { HOOKLINE_DNS_SERVERS: '192.0.2.53,[2001:db8::53]:5353' } }).dnsServers).toEqual(told);
    const files = { 'dns.yaml': 'dns_servers: ["192.0.2.53", "[2001:db8::53]:5353"]\n' };
    expect(configOf({ argv: ['--config', 'dns.yaml'], files }).dnsServers).toEqual(told);
    for (const bad of ['ns.example.com', '192.0.2.53:0', '192.0.2.53:70000', ',', Array(7).fill('192.0.2.53').join()]) {
      expect(problemsOf({ argv: ['--dns-servers', bad] }).join(), bad).toContain('dns_servers');
    }
  });

  test('an interface name stands for all its addresses', () => {
    expect(configOf({ argv: ['--sip-listen', 'eth0:5062'] }).sipListen).toEqual([
      { address: '192.0.2.5', port: 5062 },
      { address: '2001:db8::5', port: 5062 },
    ]);
    expect(problemsOf({ argv: ['--sip-listen', 'wlan7'] })).toEqual([
      'sip_listen: "wlan7" is no interface of this machine; use an IP address or one of lo, eth0',
    ]);
  });

  test('structured settings come as YAML or as JSON text and read alike', () => {
    const rules = [{ scope: 'register', peer: 'any', action: 'deny', cidr: '192.0.2.7/24' }];
    const servers = [
      { alias: 'pbx', cidrs: ['198.51.100.0/24'], auth: 'digest', username: 'pbx', password: '0042', max_calls: 10 },
      { alias: 'carrier', outbound: { proxy: 'sip.example.com', username: 'u', ha1: 'a'.repeat(32) } },
    ];
    const fromFlags = configOf({
      argv: ['--ip-rules', JSON.stringify(rules)],
      env: { HOOKLINE_SERVERS: JSON.stringify(servers) },
    });
    const yaml = `ip_rules:
  - { scope: register, peer: any, action: deny, cidr: 192.0.2.7/24 }
servers:
  - alias: pbx
    cidrs: [198.51.100.0/24]
    auth: digest
    username: pbx
    password: 0042
    max_calls: 10
  - alias: carrier
    outbound: { proxy: sip.example.com, username: u, ha1: ${'a'.repeat(32)} }
`;
    const fromYaml = configOf({ argv: ['--config', 'b.yaml'], files: { 'b.yaml': yaml } });
    expect(fromYaml.servers).toEqual(fromFlags.servers);
    expect(fromYaml.ipRules).toEqual(fromFlags.ipRules);
    expect(fromYaml.ipRules).toEqual([{ scope: 'register', peer: 'any', action: 'deny', cidr: '192.0.2.0/24' }]);
    expect(fromYaml.servers[0]).toEqual({
      alias: 'pbx',
      cidrs: ['198.51.100.0/24'],
      auth: 'digest',
      credentials: { username: 'pbx', secret: { password: '0042' } },
      outbound: null,
      codecs: null,
      maxCalls: 10,
      srtp: null,
    });
    expect(fromYaml.servers[1]?.outbound).toEqual({
      proxy: { host: 'sip.example.com', port: null },
      domain: null,
      credentials: { username: 'u', secret: { ha1: 'a'.repeat(32) } },
      register: null,
    });
  });

  test('a trunk that we register at needs to say where and as whom', () => {
    const serversOf = (outbound: object) => ({ argv: ['--servers', JSON.stringify([{ alias: 'carrier', outbound }])] });
    const who = { username: 'u', password: 'p' };
    const { servers } = configOf(serversOf({ domain: 'sip.example.com', register: true, expires: 600, ...who }));
    expect(servers[0]?.outbound).toMatchObject({ domain: 'sip.example.com', register: { expiresS: 600 } });
    const usual = configOf(serversOf({ proxy: '192.0.2.1:5070', register: true, ...who }));
    expect(usual.servers[0]?.outbound?.register).toEqual({ expiresS: 3600 });
    expect(problemsOf(serversOf({ register: true, ...who }))[0]).toContain('domain or proxy, because register is true');
    expect(problemsOf(serversOf({ domain: 'a.example', register: true }))[0]).toContain('because register is true');
    expect(problemsOf(serversOf({ domain: 'a.example', register: true, expires: 5, ...who }))).toHaveLength(1);
  });

  test('an unknown HOOKLINE_ variable is a warning that guesses what was meant', () => {
    const result = parse({ env: { HOOKLINE_DRAINMS: '1' } });
    expect(result).toMatchObject({
      kind: 'config',
      warnings: ['HOOKLINE_DRAINMS is no setting (did you mean HOOKLINE_DRAIN_MS?) and is ignored'],
    });
  });
});

describe('problems', () => {
  test('a bad value names the setting, where it came from and the accepted range', () => {
    expect(problemsOf({ argv: ['--rtp-timeout-ms', 'soon'] })).toEqual([
      'rtp_timeout_ms (--rtp-timeout-ms): "soon" is not accepted; use a whole number of milliseconds from 0 to 86400000',
    ]);
    expect(problemsOf({ env: { HOOKLINE_LOG_LEVEL: 'loud' } })).toEqual([
      'log_level (HOOKLINE_LOG_LEVEL): "loud" is not accepted; use one of trace, debug, info, warn, error',
    ]);
    expect(problemsOf({ argv: ['--config', 'c.yaml'], files: { 'c.yaml': 'rtp_ports: 9-7\n' } })).toEqual([
      'rtp_ports (in c.yaml): "9-7" is not accepted; use FROM-TO with ports from 1024 to 65535 and at least one even port followed by its odd one',
    ]);
  });

  test('all problems are told at once', () => {
    const problems = problemsOf({
      argv: ['--nonsense', '1', '--drain-ms', '-1', '--max-conn', '0', '--public-ip', 'example.org', '--realm'],
      env: { HOOKLINE_HTTP_LISTEN: '0.0.0.0:8002' },
    });
    expect(problems.map((problem) => problem.split(/[ :]/, 1)[0])).toEqual([
      '--nonsense',
      'realm',
      'drain_ms',
      'public_ip',
      'max_conn',
      'http_listen',
    ]);
  });

  test('an unknown flag or YAML key is refused with the nearest name', () => {
    expect(problemsOf({ argv: ['--drain=5'] })[0]).toBe('--drain: no such flag; --help lists them all');
    expect(problemsOf({ argv: ['--drain-m=5'] })[0]).toContain('did you mean --drain-ms?');
    const [problem] = problemsOf({ argv: ['--config', 'd.yaml'], files: { 'd.yaml': 'drain-ms: 5\n' } });
    expect(problem).toContain('drain-ms (in d.yaml): no such setting (did you mean drain_ms?)');
  });

  test('a file that is missing or no YAML is a problem of config', () => {
    expect(problemsOf({ argv: ['--config', 'none.yaml'] })[0]).toContain('config: none.yaml cannot be read');
    const files = { 'e.yaml': 'a: [1\nb: 2\n' };
    expect(problemsOf({ argv: ['--config', 'e.yaml'], files })[0]).toMatch(/^config: e\.yaml is no YAML: line \d+: /);
  });

  test('a complaint about a structure names the member', () => {
    const servers = JSON.stringify([{ alias: 'a', cidrs: ['10.0.0.0/33'], auth: 'digest', passwort: 'hidden-word' }]);
    const problems = problemsOf({ argv: ['--servers', servers] });
    expect(problems).toEqual([
      'servers[0].passwort (--servers): this member is not accepted; use only alias, cidrs, auth, username, password, ha1, outbound, codecs, max_calls, srtp',
      expect.stringContaining('servers[0].cidrs[0] (--servers): "10.0.0.0/33" is not accepted; use an address or CIDR'),
    ]);
    expect(problemsOf({ argv: ['--servers', '[{"alias":"a","auth":"digest"}]'] })).toEqual([
      'servers[0].username (--servers): a missing value is not accepted; use username with password or ha1, because auth is digest',
    ]);
    expect(problemsOf({ argv: ['--servers', '[{"alias":"a"},{"alias":"a"}]'] })[0]).toContain('servers[1].alias');
    expect(problemsOf({ argv: ['--ip-rules', '{'] })[0]).toContain(
      'ip_rules (--ip-rules): this text is not accepted; use a list of rules',
    );
  });

  test('secrets are not repeated in problems', () => {
    const secret = 'x'.repeat(600);
    const problems = problemsOf({ argv: ['--api-secret', secret, '--token-secret', 'short'] });
    expect(problems).toHaveLength(2);
    expect(problems.join()).not.toContain('xxx');
    expect(problems.join()).not.toContain('short');
    const ha1 = problemsOf({ argv: ['--servers', '[{"alias":"a","username":"u","ha1":"mysecret"}]'] });
    expect(ha1[0]).toBe('servers[0].ha1 (--servers): this value is not accepted; use 32 lowercase hex digits');
  });

  test('the token secret of the original, insecure, is refused', () => {
    expect(problemsOf({ argv: ['--token-secret', 'insecure'] })).toEqual([
      'token_secret (--token-secret): this value is not accepted; use 8 to 512 characters, and not the word insecure',
    ]);
  });
});

describe('what follows from several settings', () => {
  test('HTTP beyond loopback needs api_secret or api_allow', () => {
    const [problem] = problemsOf({ argv: ['--http-listen', '0.0.0.0:8002'] });
    expect(problem).toMatch(/^http_listen: .*set api_secret or api_allow/);
    expect(configOf({ argv: ['--http-listen', '0.0.0.0:8002', '--api-secret', 's3'] }).httpListen.address).toBe(
      '0.0.0.0',
    );
    const wide = configOf({ argv: ['--http-listen', '[::]:8002', '--api-allow', '10.0.0.0/8'] });
    expect(wide.apiAllow).toEqual(['10.0.0.0/8', '127.0.0.0/8', '::1/128']);
    for (const host of ['localhost', '127.0.0.2', '[::1]']) {
      expect(parse({ argv: ['--http-listen', `${host}:8002`] }).kind).toBe('config');
    }
  });

  test('the embedded hook server is there until hook_url is given, and only on loopback', () => {
    const own = configOf({ argv: ['--hook-url', 'http://app.example:9/hooks/'] });
    expect(own).toMatchObject({
      embeddedHooks: null,
      hookUrl: 'http://app.example:9/hooks',
      privateSourcesOnly: false,
    });
    expect(problemsOf({ argv: ['--hooks-listen', '0.0.0.0:3000'] })[0]).toContain('use a loopback address');
    expect(configOf({ argv: ['--hooks-listen', '[::1]:3001'] }).hookUrl).toBe('http://[::1]:3001/hooks');
  });

  test('the embedded hook server may always use the API and be called', () => {
    const narrow = ['--api-allow', '192.0.2.0/24', '--hook-allow', '192.0.2.0/24', '--http-listen', '192.0.2.5:8002'];
    const own = ['127.0.0.0/8', '::1/128', '192.0.2.5'];
    expect(configOf({ argv: narrow })).toMatchObject({
      apiAllow: ['192.0.2.0/24', ...own],
      hookAllow: ['192.0.2.0/24', ...own],
    });
    expect(configOf({ argv: [...narrow, '--hook-url', 'http://192.0.2.9/hooks'] })).toMatchObject({
      apiAllow: ['192.0.2.0/24'],
      hookAllow: ['192.0.2.0/24'],
    });
    expect(configOf({})).toMatchObject({ apiAllow: [], hookAllow: [] });
  });

  test('a users file opens the door to other sources, and its faults are told without passwords', () => {
    const files = { 'u.yaml': `1001: 0042\nbob: secret\ncarol: { ha1: ${'0'.repeat(32)} }\n` };
    const config = configOf({ argv: ['--users', 'u.yaml'], files });
    expect(config.privateSourcesOnly).toBe(false);
    expect([...(config.users ?? [])]).toEqual([
      ['1001', { password: '0042' }],
      ['bob', { password: 'secret' }],
      ['carol', { ha1: '0'.repeat(32) }],
    ]);
    const bad = problemsOf({
      argv: ['--users', 'v.json'],
      files: { 'v.json': '{"a@b":"pw1","bob":{"ha1":"pw2"},"eve":""}' },
    });
    expect(bad.map((problem) => problem.split(';', 1)[0])).toEqual([
      'users (in v.json): "a@b" is no user name',
      'users (in v.json): "bob" needs a password, or ha1 with 32 lowercase hex digits',
      'users (in v.json): "eve" needs a password, or ha1 with 32 lowercase hex digits',
    ]);
    expect(bad.join()).not.toMatch(/pw1|pw2/);
  });

  test('hook_error_code restores the answers of the original, each for its own hook', () => {
    expect(configOf({ argv: ['--hook-error-code', '403'] }).hookErrorCode).toEqual({ auth: 403, invite: 503 });
    expect(configOf({ argv: ['--hook-error-code', '486'] }).hookErrorCode).toEqual({ auth: 503, invite: 486 });
    expect(configOf({ argv: ['--hook-error-code', '403,486'] }).hookErrorCode).toEqual({ auth: 403, invite: 486 });
    expect(problemsOf({ argv: ['--hook-error-code', '500'] })[0]).toContain('use one of 503, 403, 486');
  });

  test('max_conn is the number of RTP port pairs unless given', () => {
    expect(configOf({ argv: ['--rtp-ports', '30001-30008'] }).maxConn).toBe(3);
    expect(pairsIn({ from: 30_000, to: 30_001 })).toBe(1);
    expect(pairsIn({ from: 30_001, to: 30_002 })).toBe(0);
    const result = parse({ argv: ['--rtp-ports', '30000-30003', '--max-conn', '9'] });
    expect(result).toMatchObject({
      config: { maxConn: 9 },
      warnings: ['max_conn 9 is more than the 2 port pairs of rtp_ports'],
    });
  });

  test('media_isolation is thread or process; inline media has none', () => {
    expect(configOf({ argv: [] }).mediaIsolation).toBe('thread');
    expect(configOf({ env: { HOOKLINE_MEDIA_ISOLATION: 'process' } }).mediaIsolation).toBe('process');
    expect(problemsOf({ argv: ['--media-isolation', 'fork'] })[0]).toContain('use one of thread, process');
    expect(parse({ argv: ['--media-isolation', 'process', '--media-workers', '0'] })).toMatchObject({
      warnings: ['media_isolation is ignored: media_workers 0 does the media inline'],
    });
  });

  test(':memory: keeps nothing', () => {
    expect(configOf({ argv: ['--data-dir', ':memory:'] }).dataDir).toBeNull();
  });
});

test('--help lists every setting with its default and, where it has one, its unit', () => {
  expect(parse({ argv: ['--drain-ms', 'bad', '--help'] })).toEqual({ kind: 'help', text: helpText() });
  const sections = helpText().split(/\n {2}(?=--)/);
  for (const name of Object.keys(settings) as SettingName[]) {
    const section = sections.find((each) => each.startsWith(`${flagOf(name)} `));
    expect(section?.replace(/\s+/g, ' '), name).toContain(`default: ${defaultText(name)}`);
    const setting = settings[name];
    if ('unit' in setting) expect(section?.replace(/\s+/g, ' ')).toContain(`in ${setting.unit}`);
    expect(variableOf(name)).toMatch(/^HOOKLINE_[A-Z_]+$/);
  }
});
