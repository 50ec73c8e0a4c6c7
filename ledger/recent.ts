/**
 * What was read last of what never changes, such as a revision: asked for at once by many, it is read once. What failed, or
 * was not there, is read again.
 */
export class Recent<T> {
  private readonly kept = new Map<string, Promise<T>>();

  /** @param most entries kept; those not asked for the longest go first */
  constructor(private readonly most: number) {}

  get(key: string, read: () => Promise<T>): Promise<T> {
    const found = this.kept.get(key) ?? read();
    this.kept.delete(key);
    this.kept.set(key, found);
    found.then(
      (value) => value === undefined && this.kept.delete(key),
      () => this.kept.delete(key),
    );
    const oldest = this.kept.keys().next().value;
    if (this.kept.size > this.most && oldest !== undefined) this.kept.delete(oldest);
    return found;
  }
}
