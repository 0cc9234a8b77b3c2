import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { RetrievalPanel } from './panel';
import { RetrievalView } from './view';

render(<RetrievalPanel view={new RetrievalView(vscodePlace())} />, document.getElementById('root')!);
