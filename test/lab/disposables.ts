/** A small AsyncDisposableStack, because Node 20 has none. */
export class Disposables {
  readonly #held: AsyncDisposable[] = []

  use<T extends AsyncDisposable>(value: T): T {
    this.#held.push(value)
    return value
  }

  async close(): Promise<void> {
    await Promise.all(this.#held.splice(0).map((held) => held[Symbol.asyncDispose]()))
  }
}
