import '@vscode/webview-ui-toolkit'; // toolkit-behind-ui
import '../../src/engine/core/bad'; // webview-sees-protocol-and-rpc
export {};
