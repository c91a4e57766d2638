export interface Person {
  readonly member_id: string;
  readonly peer: string;
  readonly device: string;
  readonly role: string;
  readonly place: string;
  readonly muted: boolean;
  readonly muted_by?: string | null;
  readonly held?: boolean;
  readonly speaking: boolean;
}
type People = ReadonlyMap<string, Person>;
export declare function applied(members: People, event: object): Map<string, Person>;
export declare function comings(before: People, after: People, ownId: string): string[];
export declare function ordered(members: readonly Person[], ownId: string): Person[];
export declare function whereOf(member: Person): string;
export declare function stateOf(member: Person): string;
