import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { CheckpointPanel } from './panel';
import { CheckpointView } from './view';

render(<CheckpointPanel view={new CheckpointView(vscodePlace())} />, document.getElementById('root')!);
