// Sound: the microphone, one peer connection, and how a lost connection comes back.

/** How long a connection may be gone before ICE is restarted, and before it is given up. */
const RESTART_AFTER_MS = 2000;
const GIVE_UP_MS = 30_000;
const GATHER_MS = 2000;

/** @param isOriginal  as the microphone has it: what is no speech, music for one, is not taken for noise */
export function openMicrophone(deviceId, isOriginal) {
  const processing = !isOriginal;
  const audio = {
    echoCancellation: processing,
    noiseSuppression: processing,
    autoGainControl: processing,
    ...(deviceId === '' ? {} : { deviceId: { exact: deviceId } }),
  };
  if (navigator.mediaDevices === undefined) {
    return Promise.reject(new DOMException('not in a secure context', 'SecurityError'));
  }
  return navigator.mediaDevices.getUserMedia({ audio });
}

/** Tells the level of a stream, 0 to 1, about ten times a second. @returns what ends that */
export function watchLevel(stream, tell) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    tell(Math.max(0, Math.min(1, 1 + (10 * Math.log10(power + 1e-10)) / 60)));
  }, 100);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}

/**
 * One call into a room. News: `onState('connecting' | 'connected' | 'reconnecting')`, and `onEnded(error)` once, with null
 * after `hangUp`.
 */
export class Call {
  memberId = '';
  #api;
  #news;
  #connection = null;
  #location = '';
  #player = new Audio();
  #isOver = false;
  #lostAt = 0;
  #timer = 0;
  #isRestarting = false;

  constructor(api, news) {
    this.#api = api;
    this.#news = news;
  }

  async start(name, stream) {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.#connection = connection;
    for (const track of stream.getAudioTracks()) connection.addTrack(track, stream);
    connection.addEventListener('track', ({ track }) => {
      this.#player.srcObject = new MediaStream([track]);
      void this.#player.play().catch(() => undefined);
    });
    connection.addEventListener('connectionstatechange', () => this.#look());
    this.#news.onState('connecting');
    const offer = await connection.createOffer();
    const { answer, location, memberId, iceServers } = await this.#api.connect(name, offer.sdp);
    this.#location = location;
    this.memberId = memberId;
    if (this.#isOver) {
      void this.#api.end(location).catch(() => undefined);
      return;
    }
    // The gateway needs no candidates of ours: they are gathered once it has said with whose help.
    connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
    await connection.setLocalDescription(offer);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Silence at the source, whatever the room has for this member. */
  silence(isSilent) {
    for (const { track } of this.#connection?.getSenders() ?? []) if (track) track.enabled = !isSilent;
  }

  /** @returns false where the other side takes no digits */
  dial(digit) {
    const sender = this.#connection?.getSenders()[0]?.dtmf;
    if (!sender?.canInsertDTMF) return false;
    sender.insertDTMF(sender.toneBuffer + digit, 120, 70);
    return true;
  }

  hangUp() {
    this.#end(null);
  }

  #look() {
    const state = this.#connection?.connectionState;
    if (this.#isOver) return;
    if (state === 'connected') {
      this.#lostAt = 0;
      clearTimeout(this.#timer);
      this.#news.onState('connected');
      return;
    }
    if (state !== 'disconnected' && state !== 'failed') return;
    if (this.#lostAt !== 0) return;
    this.#lostAt = performance.now();
    this.#news.onState('reconnecting');
    this.#again(state === 'failed' ? 0 : RESTART_AFTER_MS);
  }

  #again(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#restart(), afterMs);
  }

  async #restart() {
    if (this.#isOver || this.#isRestarting || this.#lostAt === 0) return;
    if (performance.now() - this.#lostAt > GIVE_UP_MS) {
      this.#end({ code: 'CONNECTION_LOST' });
      return;
    }
    this.#isRestarting = true;
    try {
      const connection = this.#connection;
      await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
      await gathered(connection);
      const answer = await this.#api.reoffer(this.#location, connection.localDescription.sdp);
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    } catch (error) {
      await this.#connection?.setLocalDescription({ type: 'rollback' }).catch(() => undefined);
      if (error.code === 'CONNECTION_NOT_FOUND') this.#end(error);
    }
    this.#isRestarting = false;
    if (!this.#isOver && this.#lostAt !== 0) this.#again(RESTART_AFTER_MS);
  }

  /** The room says that this member is gone. */
  gone(cause) {
    this.#end({ code: 'LEFT', cause });
  }

  #end(error) {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#player.srcObject = null;
    if (this.#location !== '') void this.#api.end(this.#location).catch(() => undefined);
    this.#news.onEnded(error);
  }
}

/** WHIP wants all candidates in the offer; a browser without a way to one of them would wait for long. */
function gathered(connection) {
  if (connection.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const late = setTimeout(resolve, GATHER_MS);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState !== 'complete') return;
      clearTimeout(late);
      resolve();
    });
  });
}
