import '../../shared/base.css';
import '../../ui/ui.css';
import { Fragment, type ComponentChildren, type VNode } from 'preact';
import type { JoinPlan, JoinRule } from '../../../src/protocol/checkpoint';
import { formatShape, plural } from '../../shared/format';
import { Button, LinkButton } from '../../ui/button';
import { Banner, EmptyState } from '../../views/notice';
import { Loading } from '../../views/notYet';
import type { JoinView } from './view';
import '../../views/page.css';
import './join.css';

/** Which weights of a graph a checkpoint gives, and how, before anything runs. */
export function JoinPanel({ view }: { view: JoinView }): VNode {
  const { value: plan } = view.plan;
  const names = view.files.value?.names;
  return (
    <main class="editor">
      <div class="page">
        <div class="page-content">
          {view.failure.value !== null && <Banner tone="error">{view.failure.value}</Banner>}
          {names && (
            <header class="join-head">
              <h1>
                {names.model} <span class="quiet">with the weights of</span> {names.checkpoint}
              </h1>
              <div class="join-actions">
                <Button onPress={() => view.act('model.choose')}>Other Graph…</Button>
                <Button
                  kind="primary"
                  disabled={plan.state !== 'ready' || !isComplete(plan.value) || view.opening.value}
                  title="Open the graph with these weights as a model: patches, RDMs and search work on it"
                  onPress={() => view.open()}
                >
                  {view.opening.value ? 'Joining…' : 'Open Joined Model'}
                </Button>
              </div>
            </header>
          )}
          {plan.state === 'ready' ? (
            <Plan view={view} plan={plan.value} />
          ) : plan.state === 'error' ? (
            <EmptyState
              tone="error"
              icon="error"
              title="These two cannot be joined"
              actions={
                <>
                  <Button kind="primary" onPress={() => view.ask()}>
                    Try Again
                  </Button>
                  <LinkButton onPress={() => view.act('log.show')}>Show log</LinkButton>
                </>
              }
            >
              {plan.message}
            </EmptyState>
          ) : (
            <Loading text="Matching names…" />
          )}
        </div>
      </div>
    </main>
  );
}

const how: Record<JoinRule, string> = { name: 'by name', transposed: 'transposed', folded: 'BatchNorm folded in', unchanged: "the graph's own" };
const mostListed = 2000;
const usualEps = 1e-5;
const formatEps = (eps: number): string => (eps < 1e-3 ? eps.toExponential() : String(eps));

function Plan({ view, plan }: { view: JoinView; plan: JoinPlan }): VNode {
  const { matched, unmatched, unused, prefix } = plan;
  const given = matched.filter((match) => match.how !== 'unchanged').length;
  const complete = isComplete(plan);
  return (
    <>
      <Banner tone={complete ? 'info' : 'warning'} icon={complete ? 'check' : 'warning'}>
        {complete
          ? `The checkpoint gives all ${plural(given, 'weight')} of this graph.`
          : unmatched.length > 0
            ? `The checkpoint lacks ${plural(unmatched.length, 'weight')} of this graph: it does not fit as it is.`
            : 'The checkpoint gives no weight of this graph.'}
        {prefix !== '' && ` Its names begin with “${prefix}”, which the graph does not have.`}
      </Banner>
      {matched.some((match) => match.how === 'folded') && <Original view={view} matched={matched} />}
      {unmatched.length > 0 && (
        <List title="Not found" count={unmatched.length}>
          {unmatched.slice(0, mostListed).map(({ initializer, shape, why }) => (
            <tr key={initializer}>
              <th scope="row"><Breakable text={initializer} /></th>
              <td class="quiet">{formatShape(shape)}</td>
              <td colSpan={2}><Breakable text={why} /></td>
            </tr>
          ))}
        </List>
      )}
      {matched.length > 0 && (
        <List title="Found" count={matched.length}>
          {matched.slice(0, mostListed).map(({ initializer, shape, tensors, how: rule, note }) => (
            <tr key={initializer}>
              <th scope="row"><Breakable text={initializer} /></th>
              <td class="quiet">{formatShape(shape)}</td>
              <td title={note}>{how[rule]}</td>
              <td class="quiet"><Breakable text={tensors.join(', ')} /></td>
            </tr>
          ))}
        </List>
      )}
      {unused.length > 0 && (
        <List title="Not used" count={unused.length}>
          {unused.slice(0, mostListed).map((name) => (
            <tr key={name}>
              <th scope="row"><Breakable text={name} /></th>
              <td colSpan={3} />
            </tr>
          ))}
        </List>
      )}
    </>
  );
}

function isComplete({ matched, unmatched }: JoinPlan): boolean {
  return unmatched.length === 0 && matched.some(({ how: rule }) => rule !== 'unchanged');
}

/** What the eps of folded BatchNorms is taken from: the graph does not say it. */
function Original({ view, matched }: { view: JoinView; matched: JoinPlan['matched'] }): VNode {
  const name = view.files.value?.names.original;
  const found = [...new Set(matched.flatMap(({ eps }) => eps ?? []))].sort((a, b) => a - b);
  const eps = `${found.length > 1 ? 'eps of' : 'an eps of'} ${found.map(formatEps).join(' and ')}`;
  const misfits = name !== undefined && matched.some(({ note }) => note.includes('the original does not fit'));
  return (
    <p class="join-original">
      <span>
        {name === undefined
          ? `BatchNorms were folded into convolutions at export. They are folded with ${eps}, PyTorch's default: the graph does not say it, but the checkpoint that it was exported from does.`
          : misfits
            ? `${name} does not fit all folded weights of the graph: is it the checkpoint that the graph was exported from? Where it does not, ${formatEps(usualEps)} is taken.`
            : `BatchNorms are folded with ${eps}, as ${name} tells.`}
      </span>
      <LinkButton onPress={() => view.act('original.choose')}>{name === undefined ? 'Choose original checkpoint…' : 'Other original…'}</LinkButton>
      {name !== undefined && <LinkButton onPress={() => view.act('original.leave')}>Without it</LinkButton>}
    </p>
  );
}

function List({ title, count, children }: { title: string; count: number; children: ComponentChildren }): VNode {
  return (
    <section class="join-list">
      <h2>
        {title} <span class="quiet">{count > mostListed ? `${mostListed} of ${count}` : count}</span>
      </h2>
      <table>
        <colgroup>
          <col class="join-name" />
          <col class="join-shape" />
          <col class="join-how" />
          <col />
        </colgroup>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

/** A name that breaks where its parts end, before it breaks anywhere. */
function Breakable({ text }: { text: string }): VNode {
  return (
    <>
      {text.split(/(?<=[./_:])/).map((part, at) => (
        <Fragment key={at}>
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </>
  );
}
