import 'vscode'; // vscode-in-the-extension-only
import '../../host/bad'; // engine-is-pure
import '../analyses/one/bad'; // core-knows-no-analysis
export {};
