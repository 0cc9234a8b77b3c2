import { render } from 'preact';
import { vscodePlace } from '../../shared/vscode';
import { JoinPanel } from './panel';
import { JoinView } from './view';

render(<JoinPanel view={new JoinView(vscodePlace())} />, document.getElementById('root')!);
