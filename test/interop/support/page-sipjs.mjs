// SIP.js as a phone of the test page.
import {
  Inviter,
  Messager,
  Registerer,
  RegistererState,
  SessionState,
  Subscriber,
  UserAgent,
  UserAgentState,
  Web,
} from 'sip.js';

function answered(act) {
  return new Promise((resolve) => {
    const told = ({ message }) => resolve(message.statusCode);
    act({ onAccept: told, onReject: told });
  });
}

/** The one call at a time. */
function callsOf(current, heard, sound) {
  const handler = () => current.session.sessionDescriptionHandler;
  const reinvite = (hold, offerOptions = {}) =>
    answered((requestDelegate) => {
      current.session.sessionDescriptionHandlerOptionsReInvite = { hold, offerOptions };
      void current.session.invite({ requestDelegate });
    });
  return {
    watch: (session) => {
      current.session = session;
      session.delegate = {
        onSessionDescriptionHandler: (made) => {
          made.peerConnection.addEventListener('track', ({ track }) => sound.play(track));
        },
      };
      session.stateChange.addListener((state) => {
        if (state === SessionState.Established) heard.calls.push('established');
        if (state === SessionState.Terminated) heard.calls.push('ended');
      });
    },
    call: async (ua, target, when) => {
      const inviter = new Inviter(ua, UserAgent.makeURI(target), { inviteWithoutSdp: when === 'late' });
      current.watch(inviter);
      const onReject = ({ message }) => heard.calls.push(`failed ${message.statusCode}`);
      await inviter.invite({ requestDelegate: { onReject } });
    },
    accept: () => current.session.accept(),
    hangUp: () =>
      current.session.state === SessionState.Established ? current.session.bye() : current.session.cancel(),
    hold: () => reinvite(true),
    unhold: () => reinvite(false),
    restartIce: () => reinvite(false, { iceRestart: true }),
    dtmf: async (digits, transport) => {
      if (transport === 'rtp') {
        if (!handler().sendDtmf(digits, { duration: 100, interToneGap: 100 })) throw new Error('no DTMF sender');
        return;
      }
      for (const digit of digits) {
        const body = { contentDisposition: 'render', contentType: 'application/dtmf-relay' };
        const content = `Signal=${digit}\r\nDuration=100`;
        const info = { requestOptions: { body: { ...body, content } } };
        await answered((requestDelegate) => void current.session.info({ ...info, requestDelegate }));
      }
    },
    descriptions: async () => ({
      local: handler().peerConnection.localDescription.sdp,
      remote: handler().peerConnection.remoteDescription.sdp,
    }),
  };
}

export function createSipJs({ url, user, password, domain }, heard, sound) {
  const uri = UserAgent.makeURI(`sip:${user}@${domain}`);
  const current = { session: null, watch: null };
  const calls = callsOf(current, heard, sound);
  current.watch = calls.watch;
  const ua = new UserAgent({
    uri,
    transportOptions: { server: url },
    authorizationUsername: user,
    authorizationPassword: password,
    logBuiltinEnabled: false,
    sessionDescriptionHandlerFactory: Web.defaultSessionDescriptionHandlerFactory(() => sound.microphone()),
    sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
    delegate: {
      onMessage: (message) => {
        heard.messages.push(message.request.body);
        void message.accept();
      },
      onInvite: (invitation) => {
        current.watch(invitation);
        heard.calls.push('ringing');
      },
    },
  });
  const registerer = new Registerer(ua);
  const until = (state) =>
    new Promise((resolve) => {
      const look = (now) => now === state && resolve();
      registerer.stateChange.addListener(look);
    });
  return {
    ...calls,
    call: (target, when) => calls.call(ua, target, when),
    connect: () => ua.start(),
    register: () => answered((requestDelegate) => void registerer.register({ requestDelegate })),
    unregister: async () => {
      const gone = until(RegistererState.Unregistered);
      await registerer.unregister();
      await gone;
    },
    options: (target) =>
      answered((delegate) => {
        const core = ua.userAgentCore;
        const to = UserAgent.makeURI(target);
        core.request(core.makeOutgoingRequestMessage('OPTIONS', to, uri, to, {}), delegate);
      }),
    message: (target, text) =>
      answered((requestDelegate) => {
        void new Messager(ua, UserAgent.makeURI(target), text).message({ requestDelegate });
      }),
    subscribe: (target, event) =>
      new Promise((resolve, reject) => {
        const subscriber = new Subscriber(ua, UserAgent.makeURI(target), event, { expires: 300 });
        subscriber.delegate = {
          onNotify: (notification) => {
            heard.notified.push(notification.request.body);
            void notification.accept();
          },
        };
        subscriber.stateChange.addListener((state) => {
          if (state === 'Subscribed') resolve();
          if (state === 'Terminated') reject(new Error('terminated'));
        });
        void subscriber.subscribe();
      }),
    stop: async () => {
      if (ua.state === UserAgentState.Started) await ua.stop();
    },
  };
}
