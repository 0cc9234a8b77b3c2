import type { ValueInfo } from '../graph';
import type { Fact } from './facts';

/** What is known about the values of one body, and of those around it that it sees. */
export class BodyFacts {
  readonly own = new Map<string, Fact>();
  /** By name, as the file declares them. */
  readonly declared = new Map<string, ValueInfo>();
  private readonly varying = new Set<string>();

  constructor(private readonly outer: BodyFacts | null) {}

  get(name: string): Fact | undefined {
    return this.own.get(name) ?? this.outer?.get(name);
  }

  /** Whether a value depends on what is fed to the model. */
  varies(name: string): boolean {
    return this.own.has(name) ? this.varying.has(name) : this.outer?.varies(name) === true;
  }

  set(name: string, fact: Fact, varies: boolean): void {
    this.own.set(name, fact);
    if (varies) this.varying.add(name);
    else this.varying.delete(name);
  }
}
