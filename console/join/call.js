// One peer connection into a room, from its offer to its end. Who comes back when it is lost is the session's business.

/** From the offer on; a gateway forgets what has not connected within ten seconds. */
const CONNECT_MS = 15_000;
/** How long sound may be missing before ICE is restarted, how often then, and for how long. */
const RESTART_AFTER_MS = 2000;
const RESTART_AGAIN_MS = 3000;
const RESTART_FOR_MS = 12_000;

/** News: `onUp()` each time sound flows (again), `onShaky()` when it stopped, `onLost()` once when it will not come back. */
export class Call {
  memberId = '';
  /** The gateway ended it in order: it is there, and did so on purpose. */
  wasClosed = false;
  hasBeenLost = false;
  #api;
  #news;
  #connection = null;
  #sender = null;
  #location = '';
  #player = new Audio();
  #isOver = false;
  #lostAtMs = 0;
  #timer = 0;
  #isRestarting = false;
  /** Of `start`, until sound flows. */
  #started = null;

  constructor(api, news) {
    this.#api = api;
    this.#news = news;
  }

  /** Whether it was made with a microphone: a call without one is a listener's for good. */
  get canSpeak() {
    return this.#sender !== null;
  }

  /**
   * @param track  of the microphone; null: it only listens
   * Resolves when sound flows. Throws an ApiError, `NO_WAY` where none gets through, `ENDED` where `end` was faster.
   */
  async start(name, track) {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.#connection = connection;
    if (track === null) connection.addTransceiver('audio', { direction: 'recvonly' });
    else this.#sender = connection.addTrack(track, new MediaStream([track]));
    connection.addEventListener('track', (event) => this.#play(event.track));
    connection.addEventListener('connectionstatechange', () => this.#look());
    const flows = new Promise((resolve, reject) => {
      this.#started = { resolve, reject };
    });
    // It may fail while nobody waits for it yet.
    flows.catch(() => undefined);
    this.#timer = setTimeout(() => this.#failed({ code: 'NO_WAY' }), CONNECT_MS);
    try {
      await this.#negotiate(name);
      await flows;
    } catch (error) {
      const wasOver = this.#isOver;
      void this.end();
      throw wasOver ? { code: 'ENDED' } : error;
    }
  }

  async #negotiate(name) {
    const offer = await this.#connection.createOffer();
    const { answer, location, memberId, iceServers } = await this.#api.connect(name, offer.sdp);
    this.#location = location;
    this.memberId = memberId;
    if (this.#isOver) {
      // Hung up before the answer: nobody else knows of what it opened.
      await this.#tellEnd();
      throw new Error('ended');
    }
    await this.#agree(offer, answer, iceServers);
    const { transport } = this.#connection.getReceivers()[0] ?? {};
    transport?.addEventListener('statechange', () => {
      if (transport.state === 'closed') this.#closed();
    });
  }

  /** The gateway needs no candidates of ours: they are gathered once it has said with whose help. */
  async #agree(offer, answer, iceServers) {
    const connection = this.#connection;
    if (iceServers.length > 0) connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
    await connection.setLocalDescription(offer);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Another microphone, or (null) silence, in the same call. */
  async replace(track) {
    await this.#sender?.replaceTrack(track);
  }

  /** @returns false where the other side takes no digits */
  dial(digit) {
    const dtmf = this.#sender?.dtmf;
    if (!dtmf?.canInsertDTMF) return false;
    dtmf.insertDTMF(dtmf.toneBuffer + digit, 120, 70);
    return true;
  }

  /** Resolves when the gateway knows, or cannot be told. May be called twice. */
  async end() {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#player.srcObject = null;
    this.#started?.reject(new Error('ended'));
    await this.#tellEnd();
  }

  async #tellEnd() {
    const location = this.#location;
    this.#location = '';
    if (location !== '') await this.#api.end(location).catch(() => undefined);
  }

  #play(track) {
    this.#player.srcObject = new MediaStream([track]);
    void this.#player.play().catch(() => undefined);
  }

  #look() {
    const state = this.#connection.connectionState;
    if (this.#isOver) return;
    if (state === 'connected') {
      this.#up();
      return;
    }
    if (state !== 'disconnected' && state !== 'failed') return;
    if (this.#started !== null) {
      if (state === 'failed') this.#failed({ code: 'NO_WAY' });
      return;
    }
    if (this.#lostAtMs !== 0) return;
    this.#lostAtMs = Date.now();
    this.hasBeenLost = true;
    this.#news.onShaky();
    this.#again(state === 'failed' ? 0 : RESTART_AFTER_MS);
  }

  #up() {
    this.#lostAtMs = 0;
    clearTimeout(this.#timer);
    this.#started?.resolve();
    this.#started = null;
    this.#news.onUp();
  }

  #again(afterMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#restart(), afterMs);
  }

  async #restart() {
    if (this.#isOver || this.#isRestarting || this.#lostAtMs === 0) return;
    if (Date.now() - this.#lostAtMs > RESTART_FOR_MS) {
      this.#lose();
      return;
    }
    this.#isRestarting = true;
    try {
      const offer = await this.#connection.createOffer({ iceRestart: true });
      const { answer, iceServers } = await this.#api.reoffer(this.#location, offer.sdp);
      if (!this.#isOver) await this.#agree(offer, answer, iceServers);
    } catch (error) {
      if (error.status === 404) this.#lose();
    }
    this.#isRestarting = false;
    if (!this.#isOver && this.#lostAtMs !== 0) this.#again(RESTART_AGAIN_MS);
  }

  #closed() {
    if (this.#isOver) return;
    this.wasClosed = true;
    if (this.#started === null) this.#lose();
    else this.#failed({ code: 'CLOSED' });
  }

  /** It has never been up. */
  #failed(error) {
    this.#started?.reject(error);
  }

  #lose() {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#lostAtMs = 0;
    this.#news.onLost();
  }
}
