import type { Place } from './place.ts'

/** What publishes ports of a container: another engine, or Portolan in one of its ways. */
export interface Engine {
  /** The name of its line in charts and tables. */
  readonly name: string
  /** Why it cannot be measured here. */
  readonly absent: string | null
  /**
   * Brings up so many TCP ports, from `firstPort` on, which all lead to port 80 of one container.
   * @param limitMs - throws after this time
   */
  readonly publish: (place: Place, ports: number, limitMs: number) => Promise<Published>
}

export interface Published extends Disposable {
  /** How long that took, without what was there before it. */
  readonly milliseconds: number
  /** The container's network namespace. */
  readonly namespace: string
  /** Ends what the engine keeps running, if anything. */
  [Symbol.dispose](): void
}

export const publishedIn = ({ container }: Place, milliseconds: number): Published => ({
  milliseconds,
  namespace: container,
  [Symbol.dispose]: () => {},
})

/** Milliseconds that something takes which ends when it returns. */
export const timeOf = (run: () => unknown): number => {
  const start = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - start) / 1e6
}

/** The host ports of so many mappings. */
export const hostPorts = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => first + at)
