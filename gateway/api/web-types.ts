import type { MiddlewareHandler } from 'hono';
import type { ApiEnv } from './auth.js';

export const sdpType = 'application/sdp';
export const fragmentType = 'application/trickle-ice-sdpfrag';

const endpoint = /^\/(?:whip|whep|webrtc)\/endpoint$/;
const connection = /^\/(?:whip|whep|webrtc)\/conn\/[^/]+$/;

/** What OPTIONS says of the bodies that WHIP and WHEP take (RFC 9725 §4.2), whoever answers it: with CORS it is no route of ours. */
export const tellTypes: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  if (c.req.method !== 'OPTIONS') return;
  if (endpoint.test(c.req.path)) c.header('Accept-Post', sdpType);
  if (connection.test(c.req.path)) c.header('Accept-Patch', fragmentType);
};
