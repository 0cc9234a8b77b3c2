import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { PatchesPanel } from './panel';
import { PatchesView } from './view';

render(<PatchesPanel view={new PatchesView(vscodePlace())} />, document.getElementById('root')!);
