/**
 * Every event that the log may carry, and what it says. A log line's `event` is one of these; the architecture test
 * finds the ones that are written but not listed.
 */
export const eventNames = {
  ready: 'all listeners are up; where they listen',
  'config.warning': 'a setting that was given has no effect or contradicts another',
  'drain.began': 'no new calls are taken; those in progress have drain_ms',
  'drain.ended': 'nobody is left, or drain_ms has passed',
  'process.fault': 'an exception that nobody caught; the process ends',
  'admission.denied': 'a rule or limit refused a request before anybody was asked',
  'api.failed': 'an API request ended with INTERNAL_ERROR',
  'call.answered': 'a leg was answered',
  'call.dtmf': 'a peer pressed a key',
  'call.ended': 'a leg has ended, and why',
  'call.fault': 'a call could not do what it decided; a defect',
  'call.media-close-failed': "a leg's media ended without its last figures",
  'call.media-started': 'first RTP of a peer, and from where',
  'call.media-unavailable': 'a leg found no RTP port or no media host',
  'call.refused': 'a new call was refused, and by which check',
  'hook.dropped': 'a hook delivery was given up',
  'hook.failed': 'a hook that was asked gave no usable answer',
  'hook.retry': 'a hook delivery failed and is tried again',
  'media-host.failed': 'a media host could not be started',
  'media-host.lost': 'a media host ended by itself; its calls end, it is restarted',
  'media-host.refused': 'a media host was told something that makes no sense; a defect',
  'media.closed': "a leg's media is closed; its figures",
  'register.added': 'a new binding',
  'register.ended': 'a binding ended, and why',
  'register.refused': 'a REGISTER was refused, and by which check',
  'register.unreadable': 'a stored binding could not be read and was dropped',
  'sip.listen.address-unusable': 'an interface address could not be bound under a wildcard',
  'sip.session-handler-fault': 'a call handler threw; the session ends; a defect',
  'sip.transaction.user-failed': 'a transaction handler threw; a defect',
  'sip.transport.handler-failed': 'a message handler threw; a defect',
  'store.close-failed': 'what was still queued could not be written',
  'store.failed': 'a transaction failed; its changes are kept and tried again',
  'store.overflow': 'more keys wait than the limit; the oldest are dropped and counted',
  'store.recovered': 'the store can be written again',
  'store.row-unreadable': 'a stored row is no JSON and was skipped',
} as const satisfies Readonly<Record<string, string>>;

export type EventName = keyof typeof eventNames;
