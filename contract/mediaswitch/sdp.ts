import { z } from 'zod';

const line = z.string().max(65_536);
const number = z.number().int().min(0);
const id = z.union([number, z.string().regex(/^\d{1,40}$/)]).describe('A string where a number would not be exact.');
const ipver = z.union([z.literal(4), z.literal(6)]);
const direction = z.enum(['sendrecv', 'sendonly', 'recvonly', 'inactive']);
const others = z.array(line).max(2000).describe('Values of a-lines that fit no other key, as they stand.').optional();

const connection = z.object({
  nettype: z.string().max(64),
  ipver,
  address: z.string().max(255).describe('With TTL and count where a multicast address has them.'),
});

const bandwidth = z.object({ bwtype: z.string().max(64), bandwidth: number });
const bandwidths = z.union([bandwidth, z.array(bandwidth).max(2000)]).optional();
const key = z.object({ method: z.string().max(255), key: line.optional() }).optional();

const rtpMap = z.object({
  encoding: z.string().max(255),
  clock: z
    .union([number, z.string().regex(/^\d{1,10}$/)])
    .describe('Hz. A number in everything that is sent; the library of the original sends a string.'),
  params: z.string().max(255).optional().describe('Channels.'),
});

/** One m-line. Any further key is an attribute: a string, "" without a value, an array where it is repeated. */
export const sdpMediaJson = z.looseObject({
  media: z.string().max(255),
  port: z.number().int().min(0).max(65_535),
  numports: number.optional(),
  proto: z.string().max(255),
  payloads: z.array(z.union([number, z.string().max(255)])).max(2000),
  rtpmap: z.record(z.string(), rtpMap).optional().describe('By payload type.'),
  fmtp: z.record(z.string(), line).optional().describe('By payload type.'),
  direction: direction.optional(),
  ptime: z.number().optional().describe('Milliseconds.'),
  maxptime: z.number().optional(),
  quality: z.number().optional(),
  framerate: z.number().optional(),
  c: z.array(connection).max(2000).optional().describe('Those of this m-line alone; they are in the top `c` as well.'),
  i: line.optional(),
  b: bandwidths,
  k: key,
  others,
});

/** A session description (RFC 8866) as JSON: `sdp` of the dialog commands, `sdp.them` and `sdp.us` of their events. */
export const sdpJson = z.object({
  v: number,
  o: z.object({
    username: z.string().max(255),
    sessionid: id,
    sessionversion: id,
    nettype: z.string().max(64),
    ipver,
    address: z.string().max(255),
  }),
  s: line,
  i: line.optional(),
  u: line.optional(),
  e: z.union([line, z.array(line).max(2000)]).optional(),
  p: z.union([line, z.array(line).max(2000)]).optional(),
  c: z.array(connection).max(2000).describe("That of the session, then the m-lines'."),
  b: bandwidths,
  t: z.object({ start: number, stop: number }),
  r: z
    .object({ interval: number, duration: number, offsets: z.array(z.number().int()).max(2000) })
    .optional()
    .describe('Seconds.'),
  k: key,
  a: z.looseObject({ direction: direction.optional(), others }).optional().describe('Attributes of the session.'),
  m: z.array(sdpMediaJson).max(64),
});

/** The `sdp` of a command: what is missing gets its usual value. */
export const givenSdpJson = sdpJson.partial({ v: true, s: true, c: true, t: true });
export type GivenSdpJsonBody = z.output<typeof givenSdpJson>;
export type SdpJsonBody = z.output<typeof sdpJson>;
