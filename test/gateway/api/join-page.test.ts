import { OpenAPIHono } from '@hono/zod-openapi';
import { describe, expect, test } from 'vitest';
import { type ApiEnv, createApiAuth } from '../../../gateway/api/auth.js';
import { addJoinPage } from '../../../gateway/api/join-page.js';

const visitor = { remoteAddress: '203.0.113.7', localAddress: '198.51.100.1' };

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const app = new OpenAPIHono<ApiEnv>();
  app.use(createApiAuth({ apiSecret: 's3cret', apiAllow: [] }));
  app.onError((_error, c) => c.text('refused', 401));
  addJoinPage(app);
  return Promise.resolve(app.request(`http://gateway.example${path}`, { headers }, visitor));
}

describe('GET /join', () => {
  test('is for anybody, also where the API asks for a secret; its modules too, and nothing beside them', async () => {
    const page = await get('/join?room=r&token=t');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const named = [...(await page.text()).matchAll(/(?:src|href)="(join\/[^"]+)"/g)].map(([, path]) => path);
    expect(named).toEqual(['join/style.css', 'join/join.js']);
    for (const path of named) expect((await get(`/${path}`)).status).toBe(200);
    for (const path of ['/join/../package.json', '/join/x.js', '/join/', '/joins']) {
      expect((await get(path)).status).not.toBe(200);
    }
  });

  test('every module that one of them imports is served', async () => {
    const text = await (await get('/join/join.js')).text();
    const imported = [...text.matchAll(/from '\.\/([^']+)'/g)].map(([, path]) => path);
    expect(imported.length).toBeGreaterThan(3);
    for (const path of imported) {
      const { status, headers } = await get(`/join/${path}`);
      expect([status, headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    }
  });

  test('runs nothing of others, is in nobody else’s page, tells nobody its address, and is asked for again each time', async () => {
    const { headers } = await get('/join');
    const policy = headers.get('content-security-policy')!;
    for (const rule of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy).toContain(rule);
    }
    expect(policy).not.toContain('unsafe');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-cache');
    const unchanged = await get('/join', { 'If-None-Match': headers.get('etag')! });
    expect([unchanged.status, await unchanged.text()]).toEqual([304, '']);
  });
});
