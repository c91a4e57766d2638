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
  /** The token is none of ours, damaged, or for another door, room or peer. */
  INVALID_TOKEN: 401,
  /** The token was good until its `exp`. */
  TOKEN_EXPIRED: 401,
  /** The source address or the Host header is not one that may come without a Bearer. */
  FORBIDDEN: 403,
  UNKNOWN_ROUTE: 404,
  /** The route exists; `Allow` names its methods. */
  METHOD_NOT_ALLOWED: 405,
  /** No WHIP, WHEP or WebRTC connection of that id, or it has ended. */
  CONNECTION_NOT_FOUND: 404,
  /** An SDP offer that has no sound that can be given or taken; `message` says what it lacks. */
  NOT_ACCEPTABLE: 406,
  /** `If-Match` names a session of ICE that is over. */
  PRECONDITION_FAILED: 412,
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
  /** No room of that `room_id`, or it is over and forgotten. */
  ROOM_NOT_FOUND: 404,
  /** Nobody of that `member_id` in this room, or it has left. */
  MEMBER_NOT_FOUND: 404,
  /** No registration of that `session_id`; the routes of rooms only. */
  REGISTRATION_NOT_FOUND: 404,
  /** POST /rooms: a room of that `room_id` is there. */
  ROOM_EXISTS: 409,
  /** The room takes nobody but hosts. */
  ROOM_LOCKED: 409,
  /** As many members as `max_members` are in. */
  ROOM_FULL: 409,
  /** The room is ending. */
  ROOM_CLOSED: 409,
  /** `admit` of a member that does not wait in the lobby. */
  NOT_IN_LOBBY: 409,
  /** The member waits in the lobby or is asked for the PIN, and what was asked for needs it in the room. */
  NOT_IN_ROOM: 409,
  /** A participant unmutes itself after a host, or the application, has muted it. */
  MUTED_BY_HOST: 403,
  /** `return` of a member that is in no side room, or whose room is over. */
  NOWHERE_TO_RETURN: 409,
  /** The member's kind knows no such thing: a browser by WHIP cannot be transferred. */
  NOT_SUPPORTED: 409,
  /** What was asked for does not fit the state of what it was asked of: pause of what is paused. */
  WRONG_STATE: 409,
  /** A request with the same Idempotency-Key is running; ask again when it is done. */
  IDEMPOTENCY_KEY_IN_USE: 409,
  /** The same Idempotency-Key came with another request. */
  IDEMPOTENCY_KEY_REUSED: 422,
  /** The body can be read but names what cannot be used: a sound that is none, a URI that is not SIP. */
  UNPROCESSABLE: 422,
  /** `If-Match` is missing. */
  PRECONDITION_REQUIRED: 428,
  /** Too many readers of events, or requests, from one source; `Retry-After` tells when. */
  TOO_MANY_REQUESTS: 429,
  /** The peer did not do as it was asked (the last status of a REFER is in `detail`). */
  PEER_REFUSED: 502,
  /** No stream of that `stream_id`, or it has ended. */
  STREAM_NOT_FOUND: 404,
  /** The address of the `url` is not one that may be reached (`hook_allow`). */
  URL_NOT_ALLOWED: 403,
  /** No WebSocket was there within 5 s; `detail` says why. */
  STREAM_UNREACHABLE: 502,
  /** As many streams as may be are open. */
  TOO_MANY_STREAMS: 503,
  /** As many rooms as may be are there. */
  TOO_MANY_ROOMS: 503,
  /** No sound of that name in /sounds. */
  SOUND_NOT_FOUND: 404,
  /** No playback of that id, or it ended so long ago that it is forgotten. */
  PLAYBACK_NOT_FOUND: 404,
  /** No recording of that id, or it was deleted. */
  RECORDING_NOT_FOUND: 404,
  /** The recording has no such file, or it was deleted. */
  FILE_NOT_FOUND: 404,
  /** The member is being recorded already. */
  ALREADY_RECORDED: 409,
  /** A file that is read at a range that it does not have. */
  RANGE_NOT_SATISFIABLE: 416,
  /** `text` cannot be spoken: neither tts_command nor tts_url is set. */
  SPEECH_NOT_CONFIGURED: 501,
  /** No space is left for files: on the disk, or up to the limit that is set. */
  NO_SPACE: 507,
} as const;

export type ApiErrorCode = keyof typeof apiErrorStatus;

export const apiErrorCode = z.enum(Object.keys(apiErrorStatus) as [ApiErrorCode, ...ApiErrorCode[]]);

/**
 * RFC 9457 §3: why a request was not served. `type` is left out, so that `title` is the phrase of the status (§4.2.1);
 * `code` is the word to act on.
 */
export const problem = z.object({
  status: z.number().int(),
  title: z.string(),
  code: apiErrorCode,
  detail: z.string().optional().describe('For people.'),
});
export type Problem = z.output<typeof problem>;
