export { answersChallenge, DigestAuthenticator, type NonceVerdict, type OfferedQop } from './auth/challenge.js';
export {
  algorithmName,
  answerChallenge,
  type DigestAlgorithm,
  type DigestAlgorithmName,
  type DigestChallenge,
  type DigestCredentials,
  digestAlgorithms,
  digestResponse,
  ha1,
  hashHex,
  parseAuthorization,
  parseChallenge,
  serializeAuthorization,
  serializeChallenge,
  verifyResponse,
} from './auth/digest.js';
export { bodyParts, findPart, leafParts, sessionBody, understandsBody, wholePart } from './bodies/body-parts.js';
export { cidUri, contentIdOf, partOfCid } from './bodies/content-id.js';
export { type DtmfInfo, dtmfInfoTypes, parseDtmfInfo, serializeDtmfInfo } from './bodies/dtmf-info.js';
export {
  type BodyPart,
  defaultMultipartLimits,
  type MultipartFault,
  type MultipartLimits,
  type NewPart,
  parseMultipart,
  parsePart,
  serializeMultipart,
  serializePart,
} from './bodies/multipart.js';
export { parseSipFrag, type SipFrag, serializeSipFrag, sipfragType, statusFrag } from './bodies/sipfrag.js';
export {
  createSmime,
  NoSmimeIdentityError,
  type Signed,
  type Smime,
  type SmimeBody,
  type SmimeFault,
  type SmimeLimits,
  type SmimeOptions,
} from './bodies/smime.js';
export type { SmimeCipher } from './bodies/smime-envelope.js';
export { type CertificateSubject, type SmimeIdentity, SmimeKeyError } from './bodies/smime-keys.js';
export { readTunnelled, tunnelDifferences, tunnelledPart } from './bodies/tunnelled-message.js';
export { createRequest, createResponse, type HeaderList, type RequestParts, type ResponseParts } from './build.js';
export { headerKey } from './header-names.js';
export {
  type CSeq,
  detachNameAddr,
  type NameAddr,
  nameAddr,
  parseCSeq,
  parseNameAddr,
  parseNameAddrList,
  parseVia,
  parseViaList,
  serializeCSeq,
  serializeVia,
  splitList,
  tagOf,
  type Via,
  withTag,
} from './header-values.js';
export { acceptance, acceptedEncodings, acceptedLanguages, acceptedTypes, type Preference } from './headers/accept.js';
export { type AuthenticationInfo, authenticationInfo, verifyRspauth } from './headers/authentication-info.js';
export {
  acceptContacts,
  type ContactPreference,
  type RequestDisposition,
  rejectContacts,
  requestDisposition,
  serializeContactPreference,
  serializeRequestDisposition,
} from './headers/caller-preferences.js';
export { type MatchedContact, matchContacts } from './headers/contact-matching.js';
export {
  type ContentDisposition,
  contentDisposition,
  serializeContentDisposition,
} from './headers/content-disposition.js';
export { date, parseSipDate, serializeSipDate } from './headers/date.js';
export { deltaSeconds } from './headers/delta-seconds.js';
export { type Diversion, diversionCount, diversions, serializeDiversion } from './headers/diversion.js';
export {
  type EndReason,
  type EventValue,
  eventValue,
  parseEvent,
  parseSubscriptionState,
  type SubscriptionStateValue,
  sameEvent,
  serializeEvent,
  serializeSubscriptionState,
} from './headers/event.js';
export { childIndex, type HistoryEntry, historyInfo, serializeHistoryEntry } from './headers/history-info.js';
export {
  assertedIdentities,
  preferredIdentities,
  privacy,
  type RemotePartyId,
  remotePartyIds,
  serializePrivacy,
  serializeRemotePartyId,
} from './headers/identity.js';
export { type IdentityToken, identityTokens, type Passport, passportOf } from './headers/identity-token.js';
export {
  accessNetworkInfo,
  alertInfo,
  callInfo,
  contentId,
  contentLanguages,
  errorInfo,
  geolocation,
  inReplyTo,
  mimeVersion,
  priority,
  serializeContentId,
  serializeContentLanguages,
  serializeInfo,
  serializeInReplyTo,
  serializeTimestamp,
  timestamp,
} from './headers/information.js';
export { type MediaType, parseMediaType, serializeMediaType } from './headers/media-type.js';
export { type ReasonValue, reason, serializeReason } from './headers/reason.js';
export {
  type DialogReference,
  join,
  parseDialogReference,
  referenceForPeer,
  replaces,
  serializeDialogReference,
} from './headers/replaces.js';
export { type RetryAfter, retryAfterValue, serializeRetryAfter } from './headers/retry-after.js';
export {
  minSessionExpires,
  type SessionExpires,
  serializeSessionExpires,
  sessionExpires,
} from './headers/session-expires.js';
export { serializeUserToUser, type UserToUser, userToUser, userToUserBytes } from './headers/user-to-user.js';
export { serializeWarning, type WarningValue, warningHeader, warnings } from './headers/warning.js';
export { UnwritableError } from './headers/writable.js';
export { writeNameAddr as serializeNameAddr } from './headers/written.js';
export {
  type Contacts,
  contacts,
  contentType,
  expires,
  minExpires,
  paths,
  recordRoutes,
  retryAfter,
  tokens,
} from './headers.js';
export { type ImUri, imPresToSip, imUri, sipToIm } from './im-uri.js';
export { SipHeaders, type SipMessage, type SipRequest, type SipResponse } from './message.js';
export { type MethodInfo, methods } from './methods.js';
export {
  BadListenError,
  type CreateUserAgentOptions,
  createTransportLayer,
  createUserAgent,
  type ListenOption,
  NodeUserAgent,
  parseListen,
  type TransportOptions,
  type World,
} from './node.js';
export {
  type ConferenceEndpoint,
  type ConferenceInfo,
  type ConferenceMedia,
  type ConferenceUser,
  conferencePackage,
} from './packages/conference.js';
export { type DialogEntry, type DialogInfo, type DialogParticipant, dialogPackage } from './packages/dialog.js';
export { type MessageCounts, type MessageSummary, messageSummaryPackage } from './packages/mwi.js';
export type {
  AnyEventPackage,
  Change,
  DocumentContext,
  EventDocument,
  EventPackage,
  Watcher,
  WatcherEvent,
  WatcherList,
  WatcherStatus,
} from './packages/package.js';
export {
  composePresence,
  type Presence,
  type PresencePerson,
  type PresenceTuple,
  presencePackage,
  readPresence,
  writePresence,
} from './packages/presence.js';
export {
  type RegContact,
  type RegContactEvent,
  type RegRegistration,
  type RegState,
  regPackage,
} from './packages/reg.js';
export { watcherInfoPackage } from './packages/winfo.js';
export { Params } from './params.js';
export {
  defaultParseLimits,
  type MessageFault,
  type ParsedMessage,
  type ParseLimits,
  parseMessage,
} from './parse/message.js';
export type { RequestRemains } from './parse/remains.js';
export { detach } from './parse/scanner.js';
export { type FramerEvent, StreamFramer } from './parse/stream.js';
export type { DnsData, DnsType, NaptrRecord, SrvRecord } from './resolve/dns-message.js';
export { createLocator, type LocateOptions, type Locator, type LocatorOptions } from './resolve/locator.js';
export { ResolveError, type ResolveReason } from './resolve/resolve-error.js';
export { createResolver, type Resolver, type ResolverCounters, type ResolverOptions } from './resolve/resolver.js';
export { targetForUri } from './resolve/uri-target.js';
export { serializeMessage } from './serialize.js';
export { reasonPhrase, reasonPhrases } from './status.js';
export { sipToTel, type TelNumber, telNumber, telToSip } from './tel-uri.js';
export {
  type ClientTransaction,
  type ClientTransactionHandlers,
  defaultTransactionLimits,
  type ServerTransaction,
  type ServerTransactionState,
  TransactionLayer,
  type TransactionLayerOptions,
  type TransactionLimits,
  type TransactionTransport,
  type TransactionUser,
} from './transaction/layer.js';
export type { Transition } from './transaction/machine.js';
export { defaultTimerBase, type TimerBase } from './transaction/timers.js';
export { type TransactionCounters, TransactionRefused } from './transaction/transaction.js';
export type { ConnectionSlots } from './transport/connection-slots.js';
export type { TransportCounters } from './transport/counters.js';
export {
  defaultKeepAliveMs,
  type FlowFailure,
  FlowKeeper,
  type FlowKeeperOptions,
  type KeepAliveTransport,
} from './transport/keep-alive.js';
export {
  type Listen,
  type LocalEndpoint,
  type SendHandlers,
  type TransportHandlers,
  TransportLayer,
  type TransportLayerOptions,
} from './transport/layer.js';
export { defaultTransportLimits, type TransportLimits } from './transport/limits.js';
export { flowByVia, namesListener } from './transport/stateless.js';
export { type TlsTransportOptions, tlsTransport } from './transport/tls.js';
export { TlsCertificates } from './transport/tls-certificates.js';
export { coversName, type IdentityRules, sipIdentities } from './transport/tls-identity.js';
export {
  DuplicateTransportError,
  type Flow,
  isReliable,
  isSecure,
  isStandardTransport,
  isWebSocket,
  ListenError,
  type SentBy,
  type SentMessage,
  type StandardTransport,
  sameFlow,
  type Target,
  type Transport,
  TransportError,
  type TransportEvents,
  type TransportFactory,
  type TransportHost,
  type TransportKind,
  targetOf,
  transportKind,
} from './transport/transport.js';
export {
  type WsClientOptions,
  type WssTransportOptions,
  type WsTransportOptions,
  wssTransport,
  wsTransport,
} from './transport/ws.js';
export type { ApplyResult, Binding, BindingChange, BindingFlow, BindingStore } from './ua/binding.js';
export { MemoryBindingStore, type MemoryBindingStoreOptions } from './ua/binding-memory.js';
export { aimedAt, type CallHistory, historyHeaders, leftBy } from './ua/call-history.js';
export { orderContacts, type RegisteredContact } from './ua/contact-order.js';
export type { UaContext } from './ua/context.js';
export type { UserAgentCounters } from './ua/counters.js';
export type { RequestFilter, Standing } from './ua/dialog-admission.js';
export {
  type CompositorLimits,
  type CompositorOptions,
  defaultCompositorLimits,
  EventStateCompositor,
  type PublishDecision,
  type PublishRequest,
} from './ua/event-state-compositor.js';
export type { PenaltyOptions } from './ua/failover-penalties.js';
export type { FailoverOptions, SendOptions } from './ua/failover-sender.js';
export { type AssignedGruus, Gruus, isGruu } from './ua/gruu.js';
export {
  anonymousFrom,
  assertedIdentity,
  concealIdentity,
  dropIdentityClaims,
  type Identity,
  type IdentityOptions,
  identityHeaders,
} from './ua/identity.js';
export {
  type InfoAnswer,
  type InfoPackageHandler,
  type InfoRequest,
  Infos,
  type InfosOptions,
  infoOf,
  infoOfDtmf,
  infoPackage,
  recvInfo,
} from './ua/info.js';
export {
  type InstantMessage,
  type MessageDecision,
  Messages,
  type MessagesOptions,
  MessageTooLargeError,
  type OutgoingMessage,
} from './ua/message.js';
export type { NotifierEnd, NotifierSubscription } from './ua/notifier.js';
export type { OptionsAnswer, OptionsRequest, PeerCapabilities } from './ua/options.js';
export {
  Publisher,
  type PublisherEnd,
  type PublisherHandlers,
  type PublisherOptions,
} from './ua/publication.js';
export { MemoryPublicationStore, type PublicationStore, type StoredPublication } from './ua/publication-store.js';
export {
  type FreeRefer,
  type ReferHandlers,
  type ReferOptions,
  type ReferResult,
  refer,
  type SentRefer,
  type SessionRefer,
} from './ua/refer.js';
export {
  type ReferDecision,
  type Reference,
  type ReferRequest,
  Referrals,
  type ReferralsOptions,
} from './ua/referrals.js';
export {
  type ContactRequest,
  type PlannedChange,
  type PlanOptions,
  planRegister,
  type RegisterPlan,
  type RegisterPolicy,
  type RegisterRequest,
  readRegister,
} from './ua/register-plan.js';
export { aorKeyOf, type BindingEvent, Registrar, type RegistrarOptions, type ResolvedGruu } from './ua/registrar.js';
export { DigestRegistrarAuth, type DigestRegistrarAuthOptions } from './ua/registrar-auth.js';
export { Registration } from './ua/registration.js';
export type {
  OutboundProxy,
  RegistrationContact,
  RegistrationEvent,
  RegistrationOptions,
  RegistrationOutcome,
  RegistrationState,
} from './ua/registration-types.js';
export type { InvitePart, SessionExtension, SessionPart, SessionPartPort } from './ua/session-extension.js';
export { type ReferencedSession, SessionReferences, type SessionReferencesOptions } from './ua/session-references.js';
export { type SessionTimerCounters, type SessionTimerOptions, SessionTimers } from './ua/session-timer.js';
export { resourceOf } from './ua/subscribe-checks.js';
export {
  type Notification,
  type SubscribeOptions,
  Subscriber,
  type SubscriberEnd,
  type SubscriberEndCause,
  type SubscriberHandlers,
  type SubscriberOptions,
  type Subscription,
  type UnsolicitedNotify,
} from './ua/subscriber.js';
export { Subscriptions } from './ua/subscriptions.js';
export {
  defaultSubscriptionLimits,
  type ImplicitSubscription,
  type ServedPackage,
  type SubscribeDecision,
  type SubscribeRequest,
  type SubscriptionLimits,
  type SubscriptionsOptions,
} from './ua/subscriptions-types.js';
export type {
  AcceptOptions,
  AckAnswer,
  AnsweredInfo,
  Branch,
  Challenger,
  Credentials,
  CredentialsSource,
  EndOptions,
  IncomingSession,
  InDialogOptions,
  InviteOptions,
  OfferReply,
  OutgoingAttempt,
  OutOfDialogRequest,
  ProgressInfo,
  ProgressOptions,
  ReinviteResult,
  ReliableSupport,
  ResponseOptions,
  Session,
  SessionEnd,
  SessionEndCause,
  SessionHandlers,
  SessionState,
  UpdateOptions,
} from './ua/types.js';
export type { MethodHandler, Usage } from './ua/usage.js';
export { NoBranchError, UserAgent } from './ua/user-agent.js';
export type { UserAgentOptions } from './ua/user-agent-options.js';
export type { ProxyHop, SendTo } from './ua/way-out.js';
export {
  BadUriError,
  detachUri,
  type OtherUri,
  parseUri,
  type SipUri,
  type SipUriParts,
  serializeUri,
  sipUri,
  type TelUri,
  type Uri,
  uriEquals,
} from './uri.js';
export { serializeUriHeaders, uriHeaders, withUriHeaders } from './uri-headers.js';
