/** AsyncDisposableStack, which Node 20 does not have, as far as it is needed here. */
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
