declare const brand: unique symbol;

/** A string that does not mix with other kinds of id. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One leg's id in our API: `conn_id` in the invite hook, `session_id` in the invite API's answer. */
export type CallId = Branded<'CallId'>;
/** The Call-ID header of a SIP dialog (RFC 3261 §8.1.1.4). */
export type SipCallId = Branded<'SipCallId'>;
/** A registration's id: `session_id` in the auth, register and unregister hooks. */
export type SessionId = Branded<'SessionId'>;
/** A room's name, chosen by the application. */
export type RoomId = Branded<'RoomId'>;
/** A media leg: one RTP port pair inside a media host. */
export type LegId = Branded<'LegId'>;
/** A player or a recorder in a media host. */
export type SoundId = Branded<'SoundId'>;
