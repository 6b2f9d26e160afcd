import { fileURLToPath } from 'node:url'
import type { RunOutcome } from '../run.ts'
import { residentProcess } from './resident-process.ts'

const server = fileURLToPath(new URL('module-server.mjs', import.meta.url))

/** The library, loaded once for many small modules. */
export interface ResidentModules extends AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
  /** The process id; null before the first module, and after the process has ended. */
  readonly pid: number | null
  /**
   * Runs a module to its end in the resident process; null: another one is running.
   * @param code - may import Node's own modules, and the library as `importOpenHost` does
   */
  run(code: string): Promise<RunOutcome> | null
}

/**
 * Keeps the library loaded in one process, because Node takes longer to load it than most test modules take. The
 * process keeps no more state between modules than a program that opens one host after another.
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
