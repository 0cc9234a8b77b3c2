import type { Handlers } from '../../src/protocol/method';
import type { ModelSummary } from '../../src/protocol/model';
import type { SessionHostContract, SessionState } from '../../src/protocol/views';

/** What was asked of the host, for the tests to read: [method, parameters]. */
export type Asked = [method: string, params: unknown][];

/** A model's session as the extension keeps it: its state, and the answers that all panels share. */
export class FakeSession {
  /** The timer of what runs. */
  timer: number | undefined;

  constructor(
    public state: SessionState,
    private readonly model: ModelSummary,
    private readonly tell: (state: SessionState) => void,
    readonly asked: Asked,
  ) {}

  change(next: Partial<SessionState>): null {
    this.state = { ...this.state, ...next };
    this.tell(this.state);
    return null;
  }

  /** A handler that does nothing but be asked. */
  note(method: string): (params: unknown) => null {
    return (params) => {
      this.asked.push([method, params]);
      return null;
    };
  }

  /** `record` starts a recording. */
  handlers(record: () => null): Handlers<SessionHostContract> {
    return {
      ready: () => this.state,
      summary: () => this.model,
      'layer.select': (params) => {
        this.asked.push(['layer.select', params]);
        return this.change({ selectedLayer: params.layer });
      },
      'layer.visualize': (params) => {
        this.asked.push(['layer.visualize', params]);
        return record();
      },
      'dataset.choose': this.note('dataset.choose'),
      'device.choose': this.note('device.choose'),
      'preprocess.choose': this.note('preprocess.choose'),
      'scan.start': record,
      'scan.cancel': () => {
        window.clearInterval(this.timer);
        this.asked.push(['scan.cancel', null]);
        const { scan } = this.state;
        return scan.state === 'running' ? this.change({ scan: { ...scan, state: 'cancelled' } }) : null;
      },
      'scan.showSkipped': this.note('scan.showSkipped'),
      'engine.restart': () =>
        this.change({ engine: { state: 'running' }, resultsRevision: this.state.resultsRevision + 1 }),
      'trust.manage': this.note('trust.manage'),
      'log.show': this.note('log.show'),
      'model.reload': this.note('model.reload'),
      'model.changeSeen': () => this.change({ fileChange: null }),
      'sample.open': this.note('sample.open'),
    };
  }
}
