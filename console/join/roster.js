// Who is in the room, kept by the room's events.

const AGAIN_MS = 2000;

/** Calls `onChange(members)` with everybody, `onEvent(event)` with each event; ends with `stop`. */
export class Roster {
  #api;
  #news;
  #members = new Map();
  #lastId = '';
  #stop = new AbortController();

  constructor(api, news) {
    this.#api = api;
    this.#news = news;
  }

  /** Reads on after every break, until `stop`. */
  async follow() {
    while (!this.#stop.signal.aborted) {
      try {
        // Asked before the list, so that nothing falls between the two.
        if (this.#lastId === '') this.#lastId = await this.#api.newest();
        await this.#load();
        const response = await this.#api.events(this.#lastId, this.#stop.signal);
        if (response.status === 204) return;
        await this.#read(response.body.pipeThrough(new TextDecoderStream()).getReader());
      } catch (error) {
        if (this.#stop.signal.aborted || error.status === 401 || error.status === 403) return;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  stop() {
    this.#stop.abort();
  }

  async #load() {
    const members = await this.#api.members();
    this.#members = new Map(members.map((member) => [member.member_id, member]));
    this.#tell();
  }

  async #read(reader) {
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block) {
    const fields = block.split(/\r?\n/);
    const of = (name) =>
      fields.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1));
    this.#lastId = of('id')[0]?.trim() ?? this.#lastId;
    const data = of('data').join('\n').trim();
    if (data === '') return;
    const event = JSON.parse(data);
    this.#apply(event);
    this.#news.onEvent(event);
    this.#tell();
  }

  /** What came before the list was read is in it already. */
  #apply(event) {
    const { type, member, member_id: id } = event;
    if (type === 'member_joined' || type === 'member_updated') this.#members.set(member.member_id, member);
    if (type === 'member_left') this.#members.delete(id);
    const known = this.#members.get(id);
    if (known !== undefined && type.startsWith('speaking_')) {
      this.#members.set(id, { ...known, speaking: type === 'speaking_started' });
    }
  }

  #tell() {
    this.#news.onChange([...this.#members.values()]);
  }
}
