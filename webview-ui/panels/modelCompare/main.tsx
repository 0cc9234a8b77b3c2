import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { ModelComparePanel } from './panel';
import { ModelCompareView } from './view';

render(<ModelComparePanel view={new ModelCompareView(vscodePlace())} />, document.getElementById('root')!);
