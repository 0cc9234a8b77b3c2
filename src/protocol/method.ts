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

interface AnyMethod {
  params: unknown;
  result: unknown;
  progress: unknown;
}
/** The contract of an end that only asks. */
export type NoMethods = Record<string, never>;

export type Contract<C> = { [K in keyof C]: AnyMethod };

export interface CallOptions<Progress> {
  signal?: AbortSignal;
  onProgress?: (value: Progress) => void;
}

export interface HandlerContext<Progress> {
  /** Aborted when the caller cancels or the connection ends. */
  signal: AbortSignal;
  report: (value: Progress) => void;
}

export type Handlers<C extends Contract<C>> = {
  [K in keyof C]: (
    params: C[K]['params'],
    context: HandlerContext<C[K]['progress']>,
  ) => PromiseLike<C[K]['result']> | C[K]['result'];
};

export interface Client<C extends Contract<C>> {
  /** Rejects with a `UnitscopeError`, whose code is the one that the other end threw. */
  call<K extends keyof C & string>(
    method: K,
    params: C[K]['params'],
    options?: CallOptions<C[K]['progress']>,
  ): Promise<C[K]['result']>;
  /** Sends and does not wait; a failure at the other end is logged there. */
  notify<K extends keyof C & string>(method: K, params: C[K]['params']): void;
}
