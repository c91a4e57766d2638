import { describe, expect, test } from 'vitest';
import type { DomainProfile } from '../../../gateway/config/domains.js';
import { parseConfig } from '../../../gateway/config.js';
import { asksHooks, Domains, isRoutedByHooks, tellsHooks } from '../../../gateway/decide/domains.js';

function read(yaml: string, files: Readonly<Record<string, string>> = {}) {
  return parseConfig({
    argv: ['--config', 'c.yaml'],
    env: {},
    readFile: (file) => (file === 'c.yaml' ? yaml : (files[file] ?? '')),
    interfaces: [],
    cores: 1,
  });
}

function profiles(yaml: string, files?: Readonly<Record<string, string>>): readonly DomainProfile[] {
  const result = read(yaml, files);
  if (result.kind !== 'config') throw new Error(JSON.stringify(result));
  return result.config.domains;
}

function problems(yaml: string): string {
  const result = read(yaml);
  return result.kind === 'problems' ? result.problems.join('\n') : result.kind;
}

function profile(text: string): DomainProfile {
  return profiles(`domains: [${text}]`)[0]!;
}

describe('a host', () => {
  const domains = new Domains(
    profiles(`
domains:
  - { name: [Example.COM, pbx.example.com], users: { "1001": secret } }
  - { name: "2001:DB8::1", users: {} }
  - { name: 192.0.2.1, users: {} }
`),
  );

  test.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.com.', 'example.com'],
    ['PBX.example.com', 'example.com'],
    ['2001:db8:0:0::1', '2001:db8:0:0:0:0:0:1'],
    ['192.0.2.1', '192.0.2.1'],
  ])('RFC 3261 §19.1.4 %s belongs to %s', (host, name) => {
    expect(domains.find(host)?.name).toBe(name);
  });

  test.each(['com', 'a.example.com', '192.0.2.10', '2001:db8::2'])('%s is the business of the hooks', (host) => {
    expect(domains.find(host)).toBeNull();
  });

  test('that no domain has by name belongs to the one named *', () => {
    const all = new Domains(profiles('domains: [{ name: "*", users: {} }, { name: a.example, users: {} }]'));
    expect([all.find('a.example')?.name, all.find('10.0.0.1')?.name]).toEqual(['a.example', '*']);
  });
});

describe('at run time', () => {
  test('what is put in comes before what is configured, and leaves it as it was', () => {
    const domains = new Domains(profiles('domains: [{ name: a.example, users: { x: y } }]'));
    domains.add(profile('{ name: A.example, users: { z: y } }'));
    expect(['x', 'z'].map((name) => domains.find('a.example')?.users?.has(name))).toEqual([false, true]);
    expect(domains.remove('a.EXAMPLE')).toBe(true);
    expect(['x', 'z'].map((name) => domains.find('a.example')?.users?.has(name))).toEqual([true, false]);
    expect(domains.remove('a.example')).toBe(false);
  });

  test('a host has one domain', () => {
    const domains = new Domains();
    domains.add(profile('{ name: [a.example, b.example], users: {} }'));
    expect(() => domains.add(profile('{ name: B.example, users: {} }'))).toThrow('is a domain already');
    expect(() => domains.replace(profile('{ name: [c.example, b.example], users: {} }'))).toThrow('already');
    domains.replace(profile('{ name: [a.example, c.example], users: {} }'));
    expect(['a', 'b', 'c'].map((label) => domains.find(`${label}.example`)?.name)).toEqual([
      'a.example',
      undefined,
      'a.example',
    ]);
    expect(domains.all()).toHaveLength(1);
  });

  test('users who are no more are told of while their domain can still be found', () => {
    const domains = new Domains();
    const told: unknown[] = [];
    domains.onUsersGone(({ domain, isGone }) =>
      told.push([domain, ['x', 'y'].filter(isGone), domains.named(domain) !== null]),
    );
    domains.add(profile('{ name: a.example, users: { x: "1", y: "1" } }'));
    domains.replace(profile('{ name: a.example, users: { x: "2" } }'));
    domains.remove('a.example');
    expect(told).toEqual([
      ['a.example', ['y'], true],
      ['a.example', ['x', 'y'], true],
    ]);
  });
});

describe('who decides', () => {
  test.each([
    ['{ name: a, users: { x: y } }', [false, false, false]],
    ['{ name: a }', [true, true, true]],
    ['{ name: a, routing: redirect }', [true, false, true]],
    ['{ name: a, users: {}, routing: hooks }', [false, true, true]],
    ['{ name: a, auth: none, allow: 10.0.0.0/8, routing: redirect }', [false, false, false]],
  ])('%s: passwords, calls and news of the hooks: %j', (text, expected) => {
    const [domain = null] = new Domains([profile(text)]).all();
    expect([asksHooks(domain), isRoutedByHooks(domain), tellsHooks(domain)]).toEqual(expected);
  });

  test.each([
    ['users: {}', [60, 3600, 3600, 'a.example']],
    ['routing: redirect', [60, 180, 180, null]],
    ['users: {}, policy: { min: 3600, max: 86400 }', [3600, 3600, 86_400, 'a.example']],
    ['users: {}, policy: { default: 30 }, realm: r', [30, 30, 3600, 'r']],
    ['users: {}, policy: { max: 40 }', [40, 40, 40, 'a.example']],
  ])('RFC 3261 §10.3 %s grants and asks as %j', (text, expected) => {
    const [domain] = new Domains([profile(`{ name: a.example, ${text} }`)]).all();
    const { minS, defaultS, maxS } = domain!.policy;
    expect([minS, defaultS, maxS, domain!.realm]).toEqual(expected);
  });
});

describe('the setting domains', () => {
  test('reads every member, and users from a file of their own', () => {
    const yaml = `
domains:
  - name: [a.example, "[::1]"]
    auth: digest
    allow: [10.0.0.0/8, 192.0.2.7]
    users_file: users.yaml
    routing: redirect
    rooms: { "0042": lobby }
    realm: ours
    policy: { min: 30, default: 60, max: 90, contacts: one, qop: none, ping: 30 }
`;
    const [domain] = profiles(yaml, { 'users.yaml': 'bob: geheim' });
    expect(domain).toMatchObject({
      names: ['a.example', '::1'],
      allow: ['10.0.0.0/8', '192.0.2.7/32'],
      routing: 'redirect',
      realm: 'ours',
      policy: { minS: 30, defaultS: 60, maxS: 90, contacts: 'one', qop: 'none', pingS: 30 },
    });
    expect([domain?.users?.get('bob'), domain?.rooms.get('0042')]).toEqual([{ password: 'geheim' }, 'lobby']);
  });

  test('comes as JSON in a flag too', () => {
    const argv = ['--domains', '[{"name":"*","auth":"none","allow":["127.0.0.0/8"],"routing":"redirect"}]'];
    const result = parseConfig({ argv, env: {}, readFile: () => '', interfaces: [], cores: 1 });
    expect(result).toMatchObject({
      kind: 'config',
      config: { domains: [{ names: ['*'], auth: 'none', users: null }] },
    });
  });

  test.each([
    ['[{ name: a, auth: none }]', 'domains[0].allow', 'because auth is none'],
    ['[{ name: a, auth: none, allow: [] }]', 'domains[0].allow', 'at least one'],
    ['[{ name: a, allow: [10.0.0.0/33] }]', 'domains[0].allow[0]', 'CIDR'],
    ['[{ name: a, users: {} }, { name: [b, A.], users: {} }]', 'domains[1].name', 'no other domain has'],
    ['[{ users: {} }]', 'domains[0].name', 'a missing value'],
    ['[{ name: "a b" }]', 'domains[0].name', 'a host name'],
    ['[{ name: a, routing: forward }]', 'domains[0].routing', 'one of hooks, bridge, redirect'],
    ['[{ name: a, users: { x: y }, users_file: f }]', 'domains[0].users_file', 'either users or users_file'],
    ['[{ name: a, policy: { min: 90, max: 60 } }]', 'domains[0].policy', 'min ≤ default ≤ max'],
    ['[{ name: a, rooms: { "1": "a room" } }]', 'domains[0].rooms.1', 'without spaces'],
    ['[{ name: a, user: {} }]', 'domains[0].user', 'only name'],
  ])('%s stops the start and names %s', (text, where, why) => {
    const told = problems(`domains: ${text}`);
    expect(told.startsWith(where)).toBe(true);
    expect(told).toContain(why);
  });

  test('a password is never repeated', () => {
    const told = problems('domains: [{ name: a, users: { "b@d": geheim, c: { ha1: GEHEIM } } }]');
    expect(told).toContain('domains[0].users');
    expect(told).not.toMatch(/geheim/i);
  });

  test('with hook_url off nobody may need a hook', () => {
    expect(problems('hook_url: off\ndomains: [{ name: a }]')).toContain(
      'domains[0]: its users are known to hooks alone',
    );
    expect(problems('hook_url: off\ndomains: [{ name: a, users: {}, routing: hooks }]')).toContain('routed by hooks');
    const result = read('hook_url: off\ncall_events: true\ndomains: [{ name: a, users: {} }]');
    expect(result).toMatchObject({
      kind: 'config',
      config: { hookUrl: null, embeddedHooks: null, callEvents: false, privateSourcesOnly: false },
      warnings: ['call_events is ignored: hook_url is off'],
    });
  });
});
