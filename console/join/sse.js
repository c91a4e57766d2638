// Server-sent events out of the pieces in which they come: HTML §9.2.6.

export class EventParser {
  /** Of the newest event that had one. */
  lastId = '';
  #rest = '';

  /** @returns `{ type, data }` of the events that are whole now */
  push(text) {
    const blocks = (this.#rest + text).split(/\r?\n\r?\n/);
    this.#rest = blocks.pop() ?? '';
    return blocks.map((block) => this.#read(block)).filter(({ data }) => data !== '');
  }

  #read(block) {
    const fields = block.split(/\r?\n/);
    const of = (name) =>
      fields.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
    this.lastId = of('id')[0] ?? this.lastId;
    return { type: of('event')[0] ?? 'message', data: of('data').join('\n') };
  }
}
