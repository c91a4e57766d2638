import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestAuthority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import { Browser, type BrowserPhone } from './support/browser.js';
import type { Gateway } from './support/gateway.js';
import { MessageServer } from './support/message-server.js';
import { Stage } from './support/stage.js';

let browser: Browser;
let stage: Stage;

beforeAll(async () => {
  browser = await Browser.start();
});

afterAll(() => browser.close());

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

const libraries = ['jssip', 'sipjs'] as const;
const kinds = ['ws', 'wss'] as const;
const both = libraries.flatMap((library) => kinds.map((kind) => [library, kind] as const));

/** A gateway that lets our pages in, and where they connect. */
async function startGateway(): Promise<{ gateway: Gateway; url(kind: 'ws' | 'wss'): string }> {
  const issued = await (await TestAuthority.create()).issue({ commonName: 'SIP', ip: ['127.0.0.1'] });
  const [cert, key] = [join(stage.directory, 'cert.pem'), join(stage.directory, 'key.pem')];
  writeFileSync(cert, issued.cert);
  writeFileSync(key, issued.key);
  const tls = ['--tls-cert', cert, '--tls-key', key, '--sips-listen', '127.0.0.1:0'];
  const more = ['--sip-wss-listen', '127.0.0.1:0', '--sip-ws-origins', browser.origin];
  const gateway = await stage.gateway(...tls, ...more);
  const listening = gateway.logged('ready')[0]!.listening as { kind: string; port: number; path?: string }[];
  const url = (kind: 'ws' | 'wss'): string => {
    const at = listening.find((each) => each.kind === kind)!;
    return `${kind}://127.0.0.1:${at.port}${at.path ?? '/'}`;
  };
  return { gateway, url };
}

describe('RFC 7118 the gateway', () => {
  test.each(both)('%s over %s registers with digest, asks OPTIONS, and unregisters', async (library, kind) => {
    const { gateway, url } = await startGateway();
    const account = { user: '1001', password: '1001', domain: '127.0.0.1' };
    const phone = await browser.phone({ library, url: url(kind), ...account });
    expect(await phone.register()).toBe(200);
    const sessions = (await gateway.api('GET', '/sip/sessions')) as { username: string; transport: string }[];
    expect(sessions).toMatchObject([{ username: '1001', transport: kind }]);
    expect((sessions[0] as unknown as { contact: string }).contact).toContain('.invalid');
    expect(await phone.options('sip:127.0.0.1')).toBe(200);
    await phone.unregister();
    expect(await gateway.api('GET', '/sip/sessions')).toEqual([]);
    await phone.close();
    await eventually('no connection', async () => (await gateway.metrics()).sip_connections === 0);
  });

  test.each(libraries)('%s with a wrong password is refused', async (library) => {
    const { gateway, url } = await startGateway();
    const account = { user: '1001', password: 'wrong', domain: '127.0.0.1' };
    const phone = await browser.phone({ library, url: url('ws'), ...account });
    expect([401, 403]).toContain(await phone.register());
    expect(await gateway.api('GET', '/sip/sessions')).toEqual([]);
    await phone.close();
  });
});

describe('RFC 7118 two pages at one gateway', () => {
  test.each(both)('RFC 3428 %s over %s sends the other a MESSAGE, and to nobody', async (library, kind) => {
    const { url } = await startGateway();
    const [anna, bob] = await Promise.all(
      ['1001', '1002'].map((user) =>
        browser.phone({ library, url: url(kind), user, password: user, domain: '127.0.0.1' }),
      ),
    );
    for (const phone of [anna!, bob!]) expect(await phone.register()).toBe(200);
    expect(await anna!.message('sip:1002@127.0.0.1', 'grüß dich')).toBe(200);
    await bob!.hears('messages', 'grüß dich');
    expect(await anna!.message('sip:1003@127.0.0.1', 'hello?')).toBe(480);
    for (const phone of [anna!, bob!]) await phone.close();
  });

  test.each(both)('RFC 3856 RFC 4235 %s over %s watches the other come and go', async (library, kind) => {
    const { gateway, url } = await startGateway();
    const account = (user: string) => ({ library, url: url(kind), user, password: user, domain: '127.0.0.1' });
    const [anna, bob] = await Promise.all([browser.phone(account('1001')), browser.phone(account('1002'))]);
    expect(await anna.register()).toBe(200);
    await anna.subscribe('sip:1002@127.0.0.1', 'dialog', 'application/dialog-info+xml');
    await anna.hears('notified', 'state="full"');
    await anna.subscribe('sip:1002@127.0.0.1', 'presence', 'application/pidf+xml');
    await anna.hears('notified', '<basic>closed</basic>');
    expect(await bob.register()).toBe(200);
    await anna.hears('notified', '<basic>open</basic>');
    expect(await gateway.metrics()).toMatchObject({ subscriptions: 2, subscriptions_started_total: 2 });
    for (const phone of [anna, bob]) await phone.close();
  });
});

describe('RFC 7118 a server of the library', () => {
  async function registered(library: 'jssip' | 'sipjs', kind: 'ws' | 'wss') {
    const certificate = await (await TestAuthority.create()).issue({ commonName: 'SIP', ip: ['127.0.0.1'] });
    const server = new MessageServer(certificate, browser.origin);
    await server.start();
    stage.onClose(() => server.close());
    const account = { user: 'anna', password: 'anna', domain: server.domain };
    const phone: BrowserPhone = await browser.phone({ library, url: server.url(kind), ...account });
    stage.onClose(() => phone.close());
    expect(await phone.register()).toBe(200);
    expect(server.store.size).toBe(1);
    return { server, phone };
  }

  test.each(both)('RFC 3428 %s over %s sends a MESSAGE and gets one', async (library, kind) => {
    const { phone } = await registered(library, kind);
    expect(await phone.message('sip:echo@127.0.0.1', 'grüß dich')).toBe(200);
    await phone.hears('messages', 'you said grüß dich');
  });

  test.each(both)('RFC 3842 RFC 6665 %s over %s subscribes to a mailbox and is told', async (library, kind) => {
    const { server, phone } = await registered(library, kind);
    server.leave('anna', 2);
    await phone.subscribe('sip:anna@127.0.0.1', 'message-summary', 'application/simple-message-summary');
    await phone.hears('notified', 'Voice-Message: 2/0');
    server.leave('anna', 3);
    await phone.hears('notified', 'Voice-Message: 3/0');
  });
});
