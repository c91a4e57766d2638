import { theProjectControl } from './projectcontrol/create.js';

/** The control object of this process: set its callbacks, push a directory, and `run()`. */
export const projectcontrol = theProjectControl();

export type { AnswerOptions, Call, CallCallback, CallMetadata, ChannelMetadata } from './projectcontrol/call.js';
export { type CallQueue, createCallQueues, type QueuePlace } from './projectcontrol/call-queue.js';
export type { Callback, Report } from './projectcontrol/callbacks.js';
export type { SoundFile, SoundSoup } from './projectcontrol/channel.js';
export type { CodecName } from './projectcontrol/codecs.js';
export type {
  ProjectControl,
  ProjectControlDeps,
  RegistrationCallback,
  ServerCallback,
} from './projectcontrol/control.js';
export { createProjectControl } from './projectcontrol/create.js';
export type { CallerId, GatewayRequest, HangupReason, NewCallRequest } from './projectcontrol/dial-request.js';
export type { DirectoryUser } from './projectcontrol/directory.js';
export type {
  HttpExchange,
  HttpListen,
  HttpReply,
  HttpRequest,
  Listener,
  ListenOptions,
  ServedReply,
  ServedRequest,
  ServerAddress,
  ServerReply,
} from './projectcontrol/http.js';
export type { HistoryEntry } from './projectcontrol/leg.js';
export type { Registration } from './projectcontrol/routes.js';

// The one default export of the project: scripts are written with the original, whose module is this object, and say
// `import projectcontrol from 'hookline/control'` where they said `require('projectcontrol')`. A namespace cannot serve
// them, because nothing can be assigned to it.
export default projectcontrol;
