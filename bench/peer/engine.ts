import type { Place } from './place.ts'

/** A program that publishes ports of a container: another engine, or Portolan in one of its ways. */
export interface Engine {
  /** The name of its line in charts and tables. */
  readonly name: string
  /** The reason why it cannot be measured here; null: it can. */
  readonly absent: string | null
  /**
   * Publishes so many TCP ports, from `firstPort` on, which all lead to port 80 of one container.
   * @param limitMs - throws after this time
   */
  readonly publish: (place: Place, ports: number, limitMs: number) => Promise<Published>
}

export interface Published extends Disposable {
  /** The time to publish, without the parts that existed before. */
  readonly milliseconds: number
  /** The path of the container's network namespace. */
  readonly namespace: string
  /** Ends the processes that the engine keeps running, if there are any. */
  [Symbol.dispose](): void
}

export const publishedIn = ({ container }: Place, milliseconds: number): Published => ({
  milliseconds,
  namespace: container,
  [Symbol.dispose]: () => {},
})

/** The milliseconds that a synchronous call takes. */
export const timeOf = (run: () => unknown): number => {
  const start = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - start) / 1e6
}

/** So many host ports, from `first` on. */
export const hostPorts = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => first + at)
