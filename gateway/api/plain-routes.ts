import type { OpenAPIHono, RouteConfig, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { AppError } from '../../base/errors.js';
import type { ApiEnv } from './auth.js';

/** A request of a plain route that is not served: the answer is this status with `{"error": reason}`. */
export class PlainRefusal extends AppError {
  readonly code = 'REQUEST_REFUSED';
  readonly statusCode: PlainStatus;

  constructor(statusCode: PlainStatus, reason: string) {
    super(reason);
    this.statusCode = statusCode;
  }
}

export type PlainStatus = 400 | 404 | 405 | 409 | 413 | 480 | 500 | 503;

/** A route as openapi.yaml tells it, but for its body and path. */
type Described = Omit<RouteConfig, 'method' | 'path' | 'request'>;

export interface PlainRoute<Body extends z.ZodType> extends Described {
  readonly method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  /** As in openapi.yaml, `/reg/{domain}`; with a slash at its end it is the same. */
  readonly path: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Null: the request's body is not looked at. */
  readonly body: Body;
}

/**
 * Adds a route of the mediaswitch surfaces. Bodies are JSON whatever the Content-Type says, and a trailing slash does
 * not matter. A body that does not fit its schema is a 400.
 */
export function addPlainRoute<Body extends z.ZodType>(
  app: OpenAPIHono<ApiEnv>,
  { method, path, params, query, body: schema, ...described }: PlainRoute<Body>,
  handle: (c: Context<ApiEnv>, body: z.output<Body>) => Response | Promise<Response>,
): void {
  app.openAPIRegistry.registerPath({
    method,
    path,
    ...described,
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      body: { required: true, content: { 'application/json': { schema } } },
    },
  });
  serve(app, method, path, async (c) => handle(c, await readJson(c, schema)));
}

/** The same for a request without a body. */
export function addBodylessRoute(
  app: OpenAPIHono<ApiEnv>,
  { method, path, params, query, ...described }: Omit<PlainRoute<z.ZodType>, 'body'>,
  handle: (c: Context<ApiEnv>) => Response | Promise<Response>,
): void {
  app.openAPIRegistry.registerPath({
    method,
    path,
    ...described,
    request: { ...(params === undefined ? {} : { params }), ...(query === undefined ? {} : { query }) },
  });
  serve(app, method, path, handle);
}

function serve(
  app: OpenAPIHono<ApiEnv>,
  method: string,
  path: string,
  handle: (c: Context<ApiEnv>) => Response | Promise<Response>,
): void {
  const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
  app.on(method.toUpperCase(), pattern === '/' ? [pattern] : [pattern, `${pattern}/`], handle);
}

async function readJson<Body extends z.ZodType>(c: Context<ApiEnv>, schema: Body): Promise<z.output<Body>> {
  const text = await c.req.text();
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    throw new PlainRefusal(400, 'the body is not JSON');
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new PlainRefusal(400, `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}`);
}
