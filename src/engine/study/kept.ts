/** The results of the last few questions, by key. Failures are not kept. */
export class Kept<T> {
  private readonly values = new Map<string, Promise<T>>();

  constructor(
    private readonly size: number,
    private readonly dispose: (value: T) => void = () => undefined,
  ) {}

  async get(key: string, make: () => T | Promise<T>): Promise<T> {
    let value = this.values.get(key);
    this.values.delete(key);
    if (!value) {
      const made = (async () => await make())();
      made.catch(() => {
        if (this.values.get(key) === made) this.values.delete(key);
      });
      value = made;
    }
    this.values.set(key, value);
    const [oldest] = this.values.keys();
    if (this.values.size > this.size && oldest !== undefined) this.forget(oldest);
    return await value;
  }

  async peek(key: string): Promise<T | undefined> {
    return await this.values.get(key);
  }

  /** Forgets a value without disposing of it: something else took it over. */
  drop(key: string): void {
    this.values.delete(key);
  }

  clear(): void {
    for (const key of [...this.values.keys()]) this.forget(key);
  }

  private forget(key: string): void {
    const value = this.values.get(key);
    this.values.delete(key);
    void value?.then(this.dispose, () => undefined);
  }
}
