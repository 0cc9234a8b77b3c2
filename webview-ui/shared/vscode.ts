import type { Contract } from '../../src/protocol/method';
import type { SessionViewContract } from '../../src/protocol/views';
import { connect } from '../../src/rpc/connection';
import { webviewTransport, type WebviewApi } from '../../src/rpc/webviewTransport';
import type { Place } from './place';

interface VsCodeApi<State> extends WebviewApi {
  getState(): State | undefined;
  setState(state: State): void;
}
declare function acquireVsCodeApi<State>(): VsCodeApi<State>;

/** The webview that VS Code runs this page in. To be called once: the API can be acquired only once. */
export function vscodePlace<
  Host extends Contract<Host>,
  State,
  View extends Contract<View> = SessionViewContract,
>(): Place<Host, State, View> {
  const api = acquireVsCodeApi<State>();
  return {
    connect: (handlers) =>
      connect<Host, View>(webviewTransport(api), handlers, (error, method) =>
        console.error(method, error),
      ),
    readState: () => api.getState() ?? {},
    writeState: (state) => api.setState(state),
  };
}
