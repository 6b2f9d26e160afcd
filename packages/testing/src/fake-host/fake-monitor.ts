/// <reference lib="esnext.disposable" preserve="true" />
import type { Monitor, Notice } from 'portolan/machine'

/** A monitor that reports the notices given to `tell`. */
export class FakeMonitor implements Monitor {
  readonly #waiting: Notice[] = []
  #asking: ((result: IteratorResult<Notice, undefined>) => void)[] = []
  #closed = false
  readonly #onClose: (monitor: FakeMonitor) => void

  constructor(onClose: (monitor: FakeMonitor) => void) {
    this.#onClose = onClose
  }

  tell(notices: readonly Notice[]): void {
    for (const value of notices) {
      const asking = this.#asking.shift()
      if (asking === undefined) this.#waiting.push(value)
      else asking({ done: false, value })
    }
  }

  async next(): Promise<IteratorResult<Notice, undefined>> {
    const value = this.#waiting.shift()
    if (value !== undefined) return { done: false, value }
    if (this.#closed) return { done: true, value: undefined }
    return new Promise((resolve) => {
      this.#asking.push(resolve)
    })
  }

  /** Resolves at once: a change is reported when it is made. */
  async caughtUp(): Promise<void> {}

  [Symbol.asyncIterator](): AsyncIterator<Notice, undefined> {
    return { next: () => this.next() }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#waiting.length = 0
    this.#onClose(this)
    for (const asking of this.#asking.splice(0)) asking({ done: true, value: undefined })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
