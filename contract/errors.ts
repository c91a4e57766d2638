import { z } from 'zod';

/**
 * Every word that may stand in `error` of an API answer, with the HTTP status it comes with. A word keeps its meaning
 * for good; new ones may be added.
 */
export const apiErrorStatus = {
  /** Body or parameter that cannot be read, is missing or is out of range. */
  BAD_REQUEST: 400,
  /** No registration (`dest_session_id`), leg (`conn_id`) or user (`aor`) of that name, or it ended. */
  NOT_FOUND: 400,
  /** `dest_addr` is neither `ip:port` nor `host` nor `host:port`. */
  INVALID_DEST_ADDR: 400,
  /** `hook_uri` is not an absolute http or https URL. */
  INVALID_HOOK_URI: 400,
  /** `server_alias` is neither a server profile nor a valid host name. */
  INVALID_SERVER_ALIAS: 400,
  /** `Authorization: Bearer` is missing or wrong. */
  UNAUTHORIZED: 401,
  /** The source address or the Host header is not one that may come without a Bearer. */
  FORBIDDEN: 403,
  UNKNOWN_ROUTE: 404,
  /** The route exists; `Allow` names its methods. */
  METHOD_NOT_ALLOWED: 405,
  PAYLOAD_TOO_LARGE: 413,
  /** A body that is not `application/json`. */
  UNSUPPORTED_MEDIA_TYPE: 415,
  /** No free RTP port pair, or a fault of ours; the log says which. */
  INTERNAL_ERROR: 500,
  /** `max_conn` legs are up. */
  MAX_CONN: 503,
  /** One more call would harm those that are up: mixer or event loop late, or memory short. Or as many as may be are kept. */
  OVERLOADED: 503,
  /** Listeners are not up yet, or the gateway is shutting down; answer of GET /ready. */
  NOT_READY: 503,
  /** The gateway is shutting down and takes no new calls. */
  DRAINING: 503,
} as const;

export type ApiErrorCode = keyof typeof apiErrorStatus;

export const apiErrorCode = z.enum(Object.keys(apiErrorStatus) as [ApiErrorCode, ...ApiErrorCode[]]);
