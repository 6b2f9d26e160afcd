import { cpus, loadavg, release } from 'node:os'

/** Where figures come from; they are worth nothing without it. */
export interface Machine {
  readonly node: string
  readonly kernel: string
  readonly processors: string
  /** Load average of the last minute, before and while measuring: 0 is a quiet machine. */
  readonly load: number
}

export const describeMachine = (): Machine => {
  const [first] = cpus()
  return {
    node: process.version,
    kernel: release(),
    processors: `${cpus().length} x ${first?.model ?? 'unknown'}`,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}
