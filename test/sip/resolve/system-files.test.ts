import { describe, expect, test } from 'vitest';
import { parseHosts, parseResolvConf, WatchedFile } from '../../../sip/resolve/system-files.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MemoryFiles } from '../../support/resolver-bench.js';

describe('resolv.conf', () => {
  test('names its servers, how long each may take and how often it is asked; search is not followed', () => {
    const text =
      'search corp.example\n# x\nnameserver 192.0.2.1 ; y\nnameserver 2001:db8::1\noptions timeout:2 attempts:3 rotate\n';
    expect(parseResolvConf(text)).toEqual({
      servers: [
        { address: '192.0.2.1', port: 53 },
        { address: '2001:db8::1', port: 53 },
      ],
      timeoutMs: 2000,
      attempts: 3,
    });
  });

  test('without a usable server means the one of this machine; three count; odd options do not', () => {
    expect(parseResolvConf('nameserver nonsense\noptions timeout:0 attempts:x').servers).toEqual([
      { address: '127.0.0.1', port: 53 },
    ]);
    const many = parseResolvConf([1, 2, 3, 4].map((n) => `nameserver 192.0.2.${n}`).join('\n'));
    expect(many.servers).toHaveLength(3);
    expect(many).toMatchObject({ timeoutMs: 5000, attempts: 2 });
  });
});

describe('the hosts file', () => {
  test('gives a name every address that stands before it', () => {
    const hosts = parseHosts(
      '192.0.2.7 pbx.example PBX # office\n2001:db8::7\tpbx.example\nbad line here\n300.1.1.1 no\n',
    );
    expect([...hosts]).toEqual([
      ['pbx.example', ['192.0.2.7', '2001:db8::7']],
      ['pbx', ['192.0.2.7']],
    ]);
  });

  test('is read again when it has changed, and looked at once a second', async () => {
    const clock = new ManualClock();
    const files = new MemoryFiles();
    files.write('/hosts', '192.0.2.1 a');
    const watched = new WatchedFile(files, clock, '/hosts', parseHosts);
    expect((await watched.get()).get('a')).toEqual(['192.0.2.1']);
    files.write('/hosts', '192.0.2.2 a');
    expect((await watched.get()).get('a')).toEqual(['192.0.2.1']);
    await clock.advance(1000);
    expect((await watched.get()).get('a')).toEqual(['192.0.2.2']);
    await clock.advance(5000);
    await watched.get();
    expect(files.reads).toHaveLength(2);
  });
});
