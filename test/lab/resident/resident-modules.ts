import { fileURLToPath } from 'node:url'
import type { RunOutcome } from '../run.ts'
import { residentProcess } from './resident-process.ts'

const server = fileURLToPath(new URL('module-server.mjs', import.meta.url))

/** The library, loaded once for many small modules. */
export interface ResidentModules extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** Its process; null before the first module, or when it has ended. */
  readonly pid: number | null
  /**
   * Runs a module to its end, in the process of those before it; null: another one is under way.
   * @param code - imports nothing but what Node has, and the library as `importOpenHost` does
   */
  run(code: string): Promise<RunOutcome> | null
}

/**
 * Node takes longer to load the library than most modules of a test take. What a process keeps between them is what a
 * program keeps that opens one host after another.
 * @param inside - the argv that enters a machine
 */
export const residentModules = (inside: readonly string[]): ResidentModules => {
  const resident = residentProcess(inside, () => [server], {})
  return {
    get pid() {
      return resident.pid
    },
    run: (code) => resident.ask({ code }),
    [Symbol.asyncDispose]: () => resident[Symbol.asyncDispose](),
  }
}
