import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import type { DomainBody } from '../../../contract/mediaswitch/directory.js';
import { Domains } from '../../../gateway/decide/domains.js';
import { Directory } from '../../../gateway/directory/directory.js';
import { domainNameOf } from '../../../gateway/directory/domain-name.js';
import { MemoryStore } from '../../../gateway/store/memory.js';
import { digestResponse } from '../../../sip/auth/digest.js';

/** Slow and plain: names in a list, no tree. */
class Model {
  /** Pushed ones. */
  readonly domains = new Map<string, { control: string | null; users: Set<string> }>();

  isKnown(name: string): boolean {
    return [...this.domains.keys()].some((each) => each === name || each.endsWith(`.${name}`));
  }

  put(name: string, control: string | null, users: readonly string[]): void {
    this.domains.set(name, { control, users: new Set(users) });
  }

  patch(name: string, users: readonly string[]): void {
    const before = this.domains.get(name) ?? { control: null, users: new Set<string>() };
    this.domains.set(name, { ...before, users: new Set([...before.users, ...users]) });
  }

  remove(name: string): void {
    if (!this.isKnown(name)) return;
    for (const each of [...this.domains.keys()]) {
      if (each === name || each.endsWith(`.${name}`)) this.domains.delete(each);
    }
    for (let parent = above(name); parent !== null; parent = above(parent)) {
      const isLeft = [...this.domains.keys()].some((each) => each.endsWith(`.${parent}`));
      if (isLeft || (this.domains.get(parent)?.users.size ?? 0) > 0) return;
      this.domains.delete(parent);
    }
  }

  below(name: string): string[] {
    const ends = name === '' ? '' : `.${name}`;
    const labels = [...this.domains.keys()]
      .filter((each) => each.endsWith(ends) && each.length > ends.length)
      .map(
        (each) =>
          each
            .slice(0, each.length - ends.length)
            .split('.')
            .at(-1)!,
      );
    return [...new Set(labels)].sort();
  }
}

function above(name: string): string | null {
  const dot = name.indexOf('.');
  return dot < 0 ? null : name.slice(dot + 1);
}

const names = fc.constantFrom(
  'com',
  'example.com',
  'pbx.example.com',
  'a.pbx.example.com',
  'other.com',
  'org',
  'a.org',
);
const users = fc.uniqueArray(fc.constantFrom('1001', '1002', '1003', 'ann', '__proto__'), { maxLength: 3 });
const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('put' as const), name: names, users, control: fc.boolean() }),
    fc.record({ do: fc.constant('patch' as const), name: names, users }),
    fc.record({ do: fc.constant('putUser' as const), name: names, users }),
    fc.record({ do: fc.constant('removeUser' as const), name: names, users }),
    fc.record({ do: fc.constant('remove' as const), name: names, users }),
  ),
  { maxLength: 25 },
);
const everyName = ['com', 'example.com', 'pbx.example.com', 'a.pbx.example.com', 'other.com', 'org', 'a.org'];

function entries(list: readonly string[]): DomainBody['users'] {
  return list.map((username) => ({ username, secret: `of ${username}` }));
}

function create(store: MemoryStore): { readonly directory: Directory; readonly domains: Domains } {
  const domains = new Domains();
  return { directory: new Directory({ log: silentLogger, domains, store, persists: true }), domains };
}

function viewsOf(directory: Directory): unknown {
  return everyName.map((name) => {
    const view = directory.view(name);
    return view && { ...view, users: view.users?.toSorted(), domains: view.domains?.toSorted() };
  });
}

describe('mediaswitch row 3: the tree of domains', () => {
  test('is what a plain list of names would be, whatever is pushed and removed; so it is after a restart', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const model = new Model();
        const store = new MemoryStore();
        const { directory, domains } = create(store);
        for (const command of all) {
          const { name, users: list } = command;
          const first = list[0] ?? '1001';
          const known = model.isKnown(name);
          if (command.do === 'put') {
            const control = command.control ? 'http://127.0.0.1:9001' : null;
            expect(directory.putDomain(name, { control, users: entries(list) }).ok).toBe(true);
            model.put(name, control, list);
          } else if (command.do === 'patch') {
            expect(directory.patchDomain(name, { users: entries(list) }).ok).toBe(known);
            if (known) model.patch(name, list);
          } else if (command.do === 'putUser') {
            expect(directory.putUser(name, first, 'secret').ok).toBe(known);
            if (known) model.patch(name, [first]);
          } else if (command.do === 'removeUser') {
            expect(directory.removeUser(name, first).ok).toBe(known);
            model.domains.get(name)?.users.delete(first);
          } else {
            expect(directory.removeDomain(name).ok).toBe(known);
            model.remove(name);
          }
        }
        const expected = everyName.map((name) => {
          if (!model.isKnown(name)) return null;
          const { control = null, users: has = new Set() } = model.domains.get(name) ?? {};
          const below = model.below(name);
          return {
            ...(has.size === 0 ? {} : { users: [...has].sort() }),
            ...(below.length === 0 ? {} : { domains: below }),
            ...(control === null ? {} : { control }),
          };
        });
        expect(viewsOf(directory)).toEqual(expected);
        expect(directory.top().sort()).toEqual(model.below(''));
        const count = [...model.domains.values()].reduce((sum, each) => sum + each.users.size, 0);
        expect(directory.counts).toEqual({ domains: model.domains.size, users: count });
        // What decides about calls knows exactly the domains that were pushed.
        for (const name of everyName)
          expect(domains.find(name)?.name ?? null).toBe(model.domains.has(name) ? name : null);
        const again = create(store);
        await again.directory.restore();
        expect(viewsOf(again.directory)).toEqual(expected);
        expect(again.directory.counts).toEqual(directory.counts);
      }),
      { numRuns: 200 },
    );
  });
});

describe('names of domains', () => {
  test.each([
    ['PBX.Example.com.', 'pbx.example.com'],
    ['example.com:5060', 'example.com'],
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1:9997', '127.0.0.1'],
    ['[2001:DB8::1]:5060', '2001:db8:0:0:0:0:0:1'],
    ['a.b.c.d.e', 'a.b.c.d.e'],
    ['localhost', 'localhost'],
  ])('%s is %s', (text, name) => expect(domainNameOf(text)?.name).toBe(name));

  test.each(['', '*', 'a.b.c.d.e.f', 'a..b', '.com', 'a b', 'a@b', '-a', 'é.example', `${'a'.repeat(64)}.com`])(
    '%j is none',
    (text) => expect(domainNameOf(text)).toBeNull(),
  );
});

describe('what is kept', () => {
  test('holds hashes and no secret; one user more writes his bucket alone', () => {
    const written: [string, unknown][] = [];
    const store = {
      load: async () => [],
      put: (_table: string, key: string, value: unknown) => void written.push([key, value]),
      delete: () => undefined,
    };
    const directory = new Directory({ log: silentLogger, domains: new Domains(), store, persists: true });
    const list = Array.from({ length: 10_000 }, (_, index) => ({ username: `u${index}`, secret: `hush${index}` }));
    directory.putDomain('example.com', { users: list });
    expect(written.length).toBeLessThanOrEqual(257);
    expect(JSON.stringify(written)).not.toContain('hush');
    written.length = 0;
    directory.putUser('example.com', 'one-more', 'hush');
    const rows = written.filter(([key]) => key.startsWith('users '));
    expect(rows).toHaveLength(1);
    expect((rows[0]![1] as unknown[]).length).toBeLessThan(100);
  });

  test('is deleted where nothing is to be kept', async () => {
    const store = new MemoryStore();
    create(store).directory.putDomain('example.com', { users: entries(['1001']) });
    const forgetful = new Directory({ log: silentLogger, domains: new Domains(), store, persists: false });
    await forgetful.restore();
    expect([forgetful.top(), await store.load('directory')]).toEqual([[], []]);
    forgetful.putDomain('example.com', { users: entries(['1001']) });
    expect(await store.load('directory')).toEqual([]);
  });

  test('is passed over and deleted where it cannot be read', async () => {
    const store = new MemoryStore();
    store.put('directory', 'domain example.com', { control: 5 });
    store.put('directory', 'users example.com 7', [['ann', 'no hash']]);
    store.put('directory', 'users *', []);
    const { directory } = create(store);
    await directory.restore();
    expect([directory.counts, await store.load('directory')]).toEqual([{ domains: 0, users: 0 }, []]);
  });

  test('has a limit, beyond which nothing changes', () => {
    const domains = new Domains();
    const options = {
      log: silentLogger,
      domains,
      store: new MemoryStore(),
      persists: true,
      maxDomains: 2,
      maxUsers: 3,
    };
    const directory = new Directory(options);
    expect(directory.putDomain('a.com', { users: entries(['1', '2']) }).ok).toBe(true);
    expect(directory.putDomain('b.com', { users: entries(['1', '2']) })).toMatchObject({ fault: 'full' });
    expect(directory.putDomain('b.com', { users: entries(['1']) }).ok).toBe(true);
    expect(directory.putDomain('c.com', {})).toMatchObject({ fault: 'full' });
    expect(directory.putUser('b.com', '2', 'x')).toMatchObject({ fault: 'full' });
    expect(directory.putDomain('a.com', { users: entries(['3']) }).ok).toBe(true);
    expect(directory.putUser('b.com', '2', 'x').ok).toBe(true);
    expect(directory.counts).toEqual({ domains: 2, users: 3 });
    expect(directory.counters.refused).toBe(3);
  });
});

describe('mediaswitch row 6: a hash', () => {
  test('contract 4.2 known answers (a) and (b)', () => {
    const { directory, domains } = create(new MemoryStore());
    const bling = 'bling.babblevoice.com';
    const responseOf = (
      secret: string,
      rest: Omit<Parameters<typeof digestResponse>[0], 'ha1' | 'algorithm' | 'method'>,
    ) => {
      directory.putDomain(bling, { users: [{ username: '1003', secret }] });
      const known = domains.find(bling)?.users?.get('1003');
      if (known === undefined || !('ha1' in known)) throw new Error('no hash');
      return digestResponse({ algorithm: 'MD5', ha1: known.ha1, method: 'REGISTER', ...rest });
    };
    const a = responseOf('123654789', {
      nonce: 'dbb93832-9090-4763-b9f1-49f0ee8b0b4a',
      uri: 'sip:bling.babblevoice.com',
      ...{ qop: 'auth', cnonce: 'NwppxHEoHM8cIGF', nc: '00000001' },
    });
    const b = responseOf('1123654789', {
      nonce: 'cf1178e4-d560-49b2-8efc-0c81c03f74c7',
      uri: 'sip:192.168.0.141:5060',
    });
    expect([a, b]).toEqual(['cd1748aebcbc01c47270acab477e0e56', 'fcb607534a1cf55bfe5641539d7371ef']);
  });
});
