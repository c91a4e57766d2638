// JsSIP as a phone of the test page.
import JsSIP from 'jssip';

/** `{ succeeded, failed }` of JsSIP as a promise of the status code. */
function outcome(act) {
  return new Promise((resolve, reject) => {
    const failed = ({ response, cause }) => (response ? resolve(response.status_code) : reject(new Error(cause)));
    act({ eventHandlers: { succeeded: ({ response }) => resolve(response.status_code), failed } });
  });
}

/** What JsSIP calls it; telephone-event is RFC 4733 now. */
const transportType = (transport) =>
  transport === 'rtp' ? JsSIP.C.DTMF_TRANSPORT.RFC2833 : JsSIP.C.DTMF_TRANSPORT.INFO;

const pcConfig = { iceServers: [] };

/** The one call at a time. */
function callsOf(ua, heard, sound) {
  let current = null;
  const watch = (connection) => connection.addEventListener('track', ({ track }) => sound.play(track));
  ua.on('newRTCSession', ({ originator, session }) => {
    current = session;
    if (originator === 'remote') heard.calls.push('ringing');
    session.on('confirmed', () => heard.calls.push('established'));
    session.on('ended', ({ cause }) => heard.calls.push(`ended ${cause}`));
    session.on('failed', ({ cause, message }) => heard.calls.push(`failed ${message?.status_code ?? cause}`));
    if (session.connection) watch(session.connection);
    else session.on('peerconnection', ({ peerconnection }) => watch(peerconnection));
  });
  const renegotiated = (act) => new Promise((resolve) => act(resolve));
  return {
    call: async (target) => void ua.call(target, { mediaStream: await sound.microphone(), pcConfig }),
    accept: async () => current.answer({ mediaStream: await sound.microphone(), pcConfig }),
    hangUp: async () => current.terminate(),
    hold: () => renegotiated((done) => current.hold({}, done)),
    unhold: () => renegotiated((done) => current.unhold({}, done)),
    restartIce: () => renegotiated((done) => current.renegotiate({ rtcOfferConstraints: { iceRestart: true } }, done)),
    dtmf: async (digits, transport) =>
      current.sendDTMF(digits, { transportType: transportType(transport), duration: 100 }),
    descriptions: async () => ({
      local: current.connection.localDescription.sdp,
      remote: current.connection.remoteDescription.sdp,
    }),
  };
}

export function createJsSip({ url, user, password, domain }, heard, sound) {
  const sockets = [new JsSIP.WebSocketInterface(url)];
  const uri = `sip:${user}@${domain}`;
  const ua = new JsSIP.UA({ sockets, uri, password, register: false, session_timers: false });
  ua.on('newMessage', ({ originator, request }) => {
    if (originator === 'remote') heard.messages.push(request.body);
  });
  const on = (event) => new Promise((resolve) => ua.once(event, resolve));
  return {
    ...callsOf(ua, heard, sound),
    connect: async () => {
      const connected = on('connected');
      ua.start();
      await connected;
    },
    register: () =>
      new Promise((resolve, reject) => {
        ua.once('registered', ({ response }) => resolve(response.status_code));
        ua.once('registrationFailed', ({ cause, response }) =>
          response ? resolve(response.status_code) : reject(new Error(cause)),
        );
        ua.register();
      }),
    unregister: async () => {
      const gone = on('unregistered');
      ua.unregister();
      await gone;
    },
    options: (target) => outcome((handlers) => ua.sendOptions(target, null, handlers)),
    message: (target, text) => outcome((handlers) => ua.sendMessage(target, text, handlers)),
    subscribe: (target, event, type) =>
      new Promise((resolve, reject) => {
        const subscriber = ua.subscribe(target, event, type, { expires: 300 });
        subscriber.on('notify', (_final, _request, body) => heard.notified.push(body));
        subscriber.on('active', resolve);
        subscriber.on('terminated', (code) => reject(new Error(`terminated ${code}`)));
        subscriber.subscribe();
      }),
    stop: async () => ua.stop(),
  };
}
