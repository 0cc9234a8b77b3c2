import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { ModelPanel } from './panel';
import { ModelView } from './view';

render(<ModelPanel view={new ModelView(vscodePlace())} />, document.getElementById('root')!);
