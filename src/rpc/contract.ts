interface AnyMethod {
  params: unknown;
  result: unknown;
  progress: unknown;
}
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
  ) => Promise<C[K]['result']> | C[K]['result'];
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

export interface Connection<Remote extends Contract<Remote>> extends Client<Remote> {
  /** Rejects all that is pending with `engine.stopped` and the given sentence. */
  close(sentence: string): void;
}

/** What carries the messages: a child process's channel, or a webview's. */
export interface Transport {
  send(message: unknown): void;
  /** Called once, before anything is sent. */
  listen(receive: (message: unknown) => void): void;
}
