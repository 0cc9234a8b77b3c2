import type { Client, Contract } from '../protocol/method';

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

/**
 * What travels between a webview and the extension. A webview that was hidden is loaded anew when it is shown and counts
 * its requests from the start again; by the page's identity an answer to its former life cannot be taken for its own.
 */
export interface PageMessage {
  page: string;
  message: unknown;
}
