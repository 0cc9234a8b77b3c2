/**
 * A contract is an interface that maps method names to `Method`; both ends of a connection are typed by it.
 *
 *     interface Greeter { greet: Method<{ name: string }, string> }
 */
export interface Method<Params, Result, Progress = never> {
  params: Params;
  result: Result;
  progress: Progress;
}
