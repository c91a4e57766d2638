export interface TransportLimits {
  /** Connections in all, of all transports together; a newcomer is refused. */
  readonly maxConnections: number;
  /** Connections accepted from one address, by all transports together; a newcomer is refused. */
  readonly maxPerAddress: number;
  /** Bytes queued on one socket: over it UDP drops the datagram, a stream is closed. */
  readonly sendQueueBytes: number;
  /** A stream on which nothing comes is closed. Longer than an hour's registration that sends no keep-alive. */
  readonly idleMs: number;
  /** A stream on which a message was begun, or the first has not come, is closed. */
  readonly incompleteMs: number;
  readonly connectTimeoutMs: number;
  /** The same for a request that left UDP only for its size: it has UDP to go back to, and Timer B is running. */
  readonly switchTimeoutMs: number;
  /** Answers to malformed requests, per second in all; over it they are dropped. */
  readonly malformedAnswersPerSecond: number;
  /** Answers to STUN requests on the SIP port, per second in all; over it they are dropped. */
  readonly stunAnswersPerSecond: number;
}

export const defaultTransportLimits: TransportLimits = {
  maxConnections: 10_000,
  maxPerAddress: 1000,
  sendQueueBytes: 256 * 1024,
  idleMs: 3_900_000,
  incompleteMs: 32_000,
  connectTimeoutMs: 4000,
  switchTimeoutMs: 2000,
  malformedAnswersPerSecond: 50,
  stunAnswersPerSecond: 5000,
};
