// Server-sent events out of the pieces in which they come: HTML §9.2.6.

export class EventParser {
  #lastId = '';
  #rest = '';

  /** @returns `{ id, type, data }` of the events that are whole now; `id` is the newest that there was up to it */
  push(text) {
    const blocks = (this.#rest + text).split(/\r?\n\r?\n/);
    this.#rest = blocks.pop() ?? '';
    return blocks.map((block) => this.#read(block)).filter(({ data }) => data !== '');
  }

  #read(block) {
    const fields = block.split(/\r?\n/);
    const of = (name) =>
      fields.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    this.#lastId = of('id')[0] ?? this.#lastId;
    return { id: this.#lastId, type: of('event')[0] ?? 'message', data: of('data').join('\n') };
  }
}
