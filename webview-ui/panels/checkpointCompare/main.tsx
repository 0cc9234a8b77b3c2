import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { ComparePanel } from './panel';
import { CompareView } from './view';

render(<ComparePanel view={new CompareView(vscodePlace())} />, document.getElementById('root')!);
