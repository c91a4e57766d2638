export declare class EventParser {
  push(text: string): { id: string; type: string; data: string }[];
}
