import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { RdmPanel } from './panel';
import { RdmView } from './view';

render(<RdmPanel view={new RdmView(vscodePlace())} />, document.getElementById('root')!);
