export declare class EventParser {
  lastId: string;
  push(text: string): { type: string; data: string }[];
}
