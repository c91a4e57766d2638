/** What the transport layer counts; every limit of it has its counter here. */
export interface TransportCounters {
  requestsReceived: number;
  responsesReceived: number;
  /** CRLF, short datagrams, pings and pongs. */
  keepAlives: number;
  /** What came and was no SIP message. */
  malformed: number;
  /** Of `malformed`, those answered with 400 or 505. */
  malformedAnswered: number;
  /** Responses whose top Via is not ours (RFC 3261 §18.1.2). */
  misroutedResponses: number;
  /** Datagrams not sent because the socket's queue was full. */
  udpDropped: number;
  /** Errors a UDP socket reported by itself. */
  socketErrors: number;
  /** Streams closed because the peer did not read. */
  streamQueueOverflows: number;
  /** Connections refused by the limits, total and per address. */
  connectionsRefused: number;
  connectFailures: number;
  /** TLS handshakes not begun because too many were under way, in all or from one address. */
  tlsHandshakesRefused: number;
  /** Begun and not completed: given up, refused, out of time. */
  tlsHandshakesFailed: number;
  /** Servers whose certificate is not of whom was asked for; among `connectFailures` too. */
  tlsIdentitiesRefused: number;
  /** `alias` parameters that were not believed, or one too many on a connection (RFC 5923). */
  aliasesRefused: number;
  /** Connections closed after nothing came for the idle limit. */
  idleClosed: number;
  /** Connections closed because nothing was heard after our WebSocket ping. */
  pingTimeouts: number;
  /** WebSocket handshakes refused for their path, origin or subprotocol. */
  handshakesRefused: number;
  /** STUN Binding requests answered on the SIP port. */
  stunAnswered: number;
  /** STUN messages dropped: malformed, or over the rate. */
  stunDropped: number;
  /** Connections closed because a message was begun, or none came, for too long. */
  incompleteClosed: number;
  /** Connections closed because what came could not be framed. */
  unframeableClosed: number;
  /** Requests moved from UDP to TCP for their size (RFC 3261 §18.1.1). */
  switchedToTcp: number;
  /** Of those, requests that went back to UDP because TCP was refused. */
  fellBackToUdp: number;
}

export function createTransportCounters(): TransportCounters {
  return {
    requestsReceived: 0,
    responsesReceived: 0,
    keepAlives: 0,
    malformed: 0,
    malformedAnswered: 0,
    misroutedResponses: 0,
    udpDropped: 0,
    socketErrors: 0,
    streamQueueOverflows: 0,
    connectionsRefused: 0,
    connectFailures: 0,
    tlsHandshakesRefused: 0,
    tlsHandshakesFailed: 0,
    tlsIdentitiesRefused: 0,
    aliasesRefused: 0,
    idleClosed: 0,
    pingTimeouts: 0,
    handshakesRefused: 0,
    stunAnswered: 0,
    stunDropped: 0,
    incompleteClosed: 0,
    unframeableClosed: 0,
    switchedToTcp: 0,
    fellBackToUdp: 0,
  };
}
