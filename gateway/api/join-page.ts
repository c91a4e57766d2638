import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ApiEnv } from './auth.js';

/** What there is, and nothing else: a path of a request never becomes a path of a file. */
const files = [
  'index.html',
  'style.css',
  'join.js',
  'api.js',
  'backoff.js',
  'call.js',
  'endings.js',
  'ice-servers.js',
  'microphone.js',
  'people.js',
  'presence.js',
  'preview.js',
  'roster.js',
  'session.js',
  'sse.js',
  'view.js',
  'voice.js',
  'words.js',
] as const;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/**
 * The page runs nothing but its own modules and talks to nobody but this gateway; nobody else shows it inside of theirs. The
 * token is in its address, which is told to nobody.
 */
const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Permissions-Policy': 'microphone=(self), camera=(), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  // A new version of the gateway is a new page at once; what has not changed is not sent again.
  'Cache-Control': 'no-cache',
};

interface Served {
  readonly body: string;
  readonly type: string;
  readonly etag: string;
}

/** Where console/ is, beside package.json: from the source and from dist/. */
function consoleDir(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const directory = join(at, 'console', 'join');
    if (at === dirname(at)) return directory;
    try {
      readFileSync(join(directory, 'index.html'));
      return directory;
    } catch {
      // One folder further up.
    }
  }
}

/** The page /join and its modules; anybody may have them, because what they do needs a token. */
export function isJoinPage(path: string): boolean {
  return path === '/join' || files.some((name) => path === `/join/${name}`);
}

/** GET /join: a person with a link talks in a room. Built from console/join, which has no build step. */
export function addJoinPage(app: OpenAPIHono<ApiEnv>): void {
  const served = new Map<string, Served>();
  const serve = (c: Context<ApiEnv>, name: (typeof files)[number]): Response => {
    const file = served.get(name) ?? read(name);
    served.set(name, file);
    const all = { ...headers, ETag: file.etag, 'Content-Type': file.type };
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, all);
    return c.body(file.body, 200, all);
  };
  app.get('/join', (c) => serve(c, 'index.html'));
  for (const name of files) app.get(`/join/${name}`, (c) => serve(c, name));
}

function read(name: string): Served {
  const body = readFileSync(join(consoleDir(), name), 'utf8');
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, type: types[extname(name)]!, etag };
}
