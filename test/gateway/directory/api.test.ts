import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { domainBody, domainView, userBody } from '../../../contract/mediaswitch/directory.js';
import {
  domainRegistrations,
  registrationCount,
  registrationNews,
} from '../../../contract/mediaswitch/registrations.js';
import { bling, controlUrl, DirectoryDesk } from '../../support/directory-desk.js';

let desk: DirectoryDesk;

beforeEach(async () => {
  desk = await DirectoryDesk.start();
});

afterEach(() => desk.finish());

const typed = `{ "control": "${controlUrl}", "users": [ { "username": "1003", "secret": "1123654789"}]}`;

describe('mediaswitch row 1: a domain', () => {
  test('is pushed with 201 and read back without a secret', async () => {
    expect(await desk.ask('PUT', `/dir/${bling}`, typed)).toMatchObject({ status: 201, text: '' });
    const read = await desk.ask('GET', `/dir/${bling}`);
    expect([read.status, read.json]).toEqual([200, { users: ['1003'], control: controlUrl }]);
    expect(domainView.strict().parse(read.json)).toEqual(read.json);
    expect(read.text).not.toContain('1123654789');
  });

  test('is replaced by the next push: control server and users, not what lies below', async () => {
    await desk.ask('PUT', `/dir/${bling}`, typed);
    await desk.ask('PUT', `/dir/below.${bling}`, { users: [{ username: '1', secret: 'x' }] });
    expect((await desk.ask('PUT', `/dir/${bling}`, { users: [{ username: '7', secret: 'y' }] })).status).toBe(201);
    expect((await desk.ask('GET', `/dir/${bling}`)).json).toEqual({ users: ['7'], domains: ['below'] });
  });

  test('is removed with 200, and is then unknown', async () => {
    await desk.ask('PUT', `/dir/${bling}`, typed);
    expect(await desk.ask('DELETE', `/dir/${bling}`)).toMatchObject({ status: 200, text: '' });
    for (const method of ['GET', 'DELETE']) {
      expect(await desk.ask(method, `/dir/${bling}`)).toMatchObject({
        status: 404,
        json: { error: 'Domain not found' },
      });
    }
    expect((await desk.ask('GET', '/dir')).json).toEqual({});
  });

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['users that are none', { users: 'many' }],
    ['a user that is none', { users: ['1003'] }],
    ['a name that is a number', { users: [{ username: 1003, secret: 'x' }] }],
    ['a name with an @', { users: [{ username: 'a@b', secret: 'x' }] }],
    ['a name with a colon', { users: [{ username: 'a:b', secret: 'x' }] }],
    ['an empty secret', { users: [{ username: 'ann', secret: '' }] }],
    ['a routing nobody knows', { routing: 'hooks' }],
    ['a control server that is no URL', { control: 'nowhere', users: [] }],
    ['a control server of another kind', { control: 'ftp://127.0.0.1' }],
    ['a password in the URL', { control: 'http://me:pw@127.0.0.1' }],
    ['a control server without a port', { control: { host: '127.0.0.1' } }],
    ['a port that is none', { control: { host: '127.0.0.1', port: 70_000 } }],
    ['a host that is none', { control: { host: 'a/b', port: 80 } }],
  ])('with %s is refused, and nothing is left behind', async (_, body) => {
    const refused = await desk.ask('PUT', `/dir/${bling}`, body);
    expect([refused.status, typeof refused.json.error]).toEqual([400, 'string']);
    expect((await desk.ask('GET', '/dir')).json).toEqual({});
    await desk.ask('PUT', `/dir/${bling}`, typed);
    for (const method of ['PUT', 'PATCH']) expect((await desk.ask(method, `/dir/${bling}`, body)).status).toBe(400);
    expect((await desk.ask('GET', `/dir/${bling}`)).json).toEqual({ users: ['1003'], control: controlUrl });
  });

  test('needs neither control server nor users; entries without name or secret are passed over', async () => {
    expect((await desk.ask('PUT', `/dir/${bling}`, '')).status).toBe(201);
    expect((await desk.ask('GET', `/dir/${bling}`)).json).toEqual({});
    const users = [{ username: 'ann' }, { secret: 'x' }, {}, { username: 'bob', secret: 'x', extension: 5 }];
    expect((await desk.ask('PUT', `/dir/${bling}`, { users })).status).toBe(201);
    expect((await desk.ask('GET', `/dir/${bling}`)).json).toEqual({ users: ['bob'] });
  });

  test('needs a name that the tree can hold', async () => {
    for (const path of ['/dir', '/dir/', '/dir/a.b.c.d.e.f', '/dir/*', '/dir/%00']) {
      expect((await desk.ask('PUT', path, typed)).status).toBe(400);
    }
    expect((await desk.ask('GET', '/dir/a.b.c.d.e.f')).status).toBe(404);
    expect((await desk.ask('PUT', '/dir/BLING.babblevoice.com:5060', typed)).status).toBe(201);
    expect((await desk.ask('GET', `/dir/${bling}/`)).status).toBe(200);
  });

  test('may have 100,000 users in one push, other bodies may not be that large', async () => {
    const users = Array.from({ length: 100_000 }, (_, index) => ({
      username: `user${index}`,
      secret: `secret${index}`,
    }));
    expect((await desk.ask('PUT', `/dir/${bling}`, { users })).status).toBe(201);
    expect((await desk.ask('GET', `/dir/${bling}`)).json.users).toHaveLength(100_000);
    const long = { secret: 'x'.repeat(100_000) };
    expect((await desk.ask('PUT', `/dir/${bling}/user1`, long)).status).toBe(413);
  });
});

describe('mediaswitch row 2: a user', () => {
  test.each(['PUT', 'PATCH'])('is added and changed by %s, with 200', async (method) => {
    await desk.ask('PUT', `/dir/${bling}`, typed);
    for (const user of ['1003', '1004']) {
      const answer = await desk.ask(method, `/dir/${bling}/${user}`, '{ "secret": "1123654789" }');
      expect(answer).toMatchObject({ status: 200, text: '' });
    }
    expect((await desk.ask('GET', `/dir/${bling}`)).json.users.sort()).toEqual(['1003', '1004']);
    expect((await desk.ask(method, `/dir/${bling}/1005`, {})).status).toBe(400);
    expect((await desk.ask(method, `/dir/${bling}/a%40b`, { secret: 'x' })).status).toBe(400);
    expect((await desk.ask(method, '/dir/nowhere.example/1003', { secret: 'x' })).status).toBe(404);
  });

  test('is removed with 200, also when he did not exist', async () => {
    await desk.ask('PUT', `/dir/${bling}`, typed);
    for (let times = 0; times < 2; times += 1) {
      expect(await desk.ask('DELETE', `/dir/${bling}/1003`)).toMatchObject({ status: 200, text: '' });
    }
    expect((await desk.ask('DELETE', '/dir/nowhere.example/1003')).status).toBe(404);
    expect((await desk.ask('GET', `/dir/${bling}`)).json).toEqual({ control: controlUrl });
  });
});

describe('mediaswitch row 3: the rest of the directory', () => {
  test('PATCH merges: the control server if it is given, the users that are listed', async () => {
    expect((await desk.ask('PATCH', `/dir/${bling}`, typed)).status).toBe(404);
    await desk.ask('PUT', `/dir/${bling}`, typed);
    expect((await desk.ask('PATCH', `/dir/${bling}`, { users: [{ username: 'ann', secret: 'x' }] })).status).toBe(200);
    const both = (await desk.ask('GET', `/dir/${bling}`)).json;
    expect([both.users.sort(), both.control]).toEqual([['1003', 'ann'], controlUrl]);
    expect((await desk.ask('PATCH', `/dir/${bling}`, { control: 'https://other.example/base/' })).status).toBe(200);
    const moved = (await desk.ask('GET', `/dir/${bling}`)).json;
    expect([moved.users.sort(), moved.control]).toEqual([['1003', 'ann'], 'https://other.example/base']);
  });

  test('names that lead to others are known, and go with the last of them', async () => {
    await desk.ask('PUT', '/dir/pbx.example.com', typed);
    expect((await desk.ask('GET', '/dir')).json).toEqual({ domains: ['com'] });
    expect((await desk.ask('GET', '/dir/com')).json).toEqual({ domains: ['example'] });
    expect((await desk.ask('GET', '/reg/example.com')).json).toEqual({
      ...{ domain: 'example.com', count: 0, registered: 0, users: {} },
    });
    expect((await desk.ask('DELETE', '/dir/pbx.example.com')).status).toBe(200);
    expect((await desk.ask('GET', '/dir/com')).status).toBe(404);
  });

  test('other methods get 405 with those that there are, other paths 404', async () => {
    await desk.ask('PUT', `/dir/${bling}`, typed);
    for (const [method, path, allow] of [
      ['POST', `/dir/${bling}`, ['PUT', 'PATCH', 'GET', 'HEAD', 'DELETE']],
      ['POST', `/dir/${bling}/1003`, ['PUT', 'PATCH', 'DELETE']],
      ['GET', `/dir/${bling}/1003`, ['PUT', 'PATCH', 'DELETE']],
      ['DELETE', '/dir', ['GET', 'HEAD', 'PUT', 'POST']],
      ['PUT', '/reg', ['GET', 'HEAD']],
      ['DELETE', `/reg/${bling}/1003`, ['GET', 'HEAD']],
    ] as const) {
      const answer = await desk.ask(method, path, method === 'GET' ? undefined : '{}');
      expect([answer.status, answer.allow?.split(', ').sort()]).toEqual([405, [...allow].sort()]);
    }
    expect((await desk.ask('GET', `/dir/${bling}/1003/more`)).status).toBe(404);
    expect((await desk.ask('GET', '/directory')).status).toBe(404);
  });

  test('POST /dir with a callid is a ring; without dialogs there is nobody to ring', async () => {
    expect((await desk.ask('POST', '/dir', { callid: 'c1', alertinfo: 'somealertinfo' })).status).toBe(404);
    expect((await desk.ask('POST', '/dir', {})).status).toBe(404);
    expect((await desk.ask('POST', '/dir', '[]')).status).toBe(400);
  });
});

describe('mediaswitch row 4: a control server', () => {
  test.each([
    [controlUrl, controlUrl],
    [`${controlUrl}/`, controlUrl],
    [{ host: '127.0.0.1', port: 9001 }, controlUrl],
    [{ host: 'control.example', port: 80 }, 'http://control.example:80'],
    [{ host: '::1', port: 9001 }, 'http://[::1]:9001'],
    ['https://control.example/base//', 'https://control.example/base'],
  ])('%j is %s', async (control, url) => {
    expect((await desk.ask('PUT', `/dir/${bling}`, { control })).status).toBe(201);
    expect((await desk.ask('GET', `/dir/${bling}`)).json).toEqual({ control: url });
    expect(desk.gateway.gateway.domains.find(bling)).toMatchObject({ control: url, routing: 'control' });
  });

  test('without one calls are bridged, or redirected where the push says so', async () => {
    const routing = () => desk.gateway.gateway.domains.find(bling)?.routing;
    await desk.ask('PUT', `/dir/${bling}`, { users: [] });
    expect(routing()).toBe('bridge');
    await desk.ask('PUT', `/dir/${bling}`, { routing: 'redirect' });
    expect(routing()).toBe('redirect');
    await desk.ask('PATCH', `/dir/${bling}`, { control: controlUrl });
    expect(routing()).toBe('control');
    await desk.ask('PATCH', `/dir/${bling}`, { control: null });
    expect(routing()).toBe('redirect');
  });
});

describe('the schemas take the bodies that the contract shows', () => {
  test('of /dir', () => {
    expect(domainBody.parse(JSON.parse(typed))).toEqual(JSON.parse(typed));
    expect(domainBody.parse({ control: { host: '127.0.0.1', port: 9001 } }).control).toEqual({
      ...{ host: '127.0.0.1', port: 9001 },
    });
    expect(userBody.parse({ secret: '1123654789' })).toEqual({ secret: '1123654789' });
    expect(userBody.safeParse({}).success).toBe(false);
  });

  test('of /reg', () => {
    const shown = {
      domain: bling,
      count: 2,
      registered: 1,
      users: {
        '1000': { registered: false },
        '1003': {
          registered: true,
          outstandingping: 0,
          remote: { host: '127.0.0.1', port: 45_646, agent: 'Z 5.2.28 rv2.8.114' },
          epochs: { registered: 1_700_000_000 },
        },
      },
    };
    expect(domainRegistrations.parse(shown)).toEqual(shown);
    expect(registrationCount.parse({ count: 1 })).toEqual({ count: 1 });
    const news = { host: '127.0.0.1', port: 45_646, agent: 'Z 5.2.28 rv2.8.114', user: `1003@${bling}` };
    expect(registrationNews.parse(news)).toEqual(news);
  });
});
