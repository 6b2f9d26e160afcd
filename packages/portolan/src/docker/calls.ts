import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** One call of dockerd that is not answered yet. */
export interface Call {
  /** Of no other call. */
  readonly id: string
  readonly path: string
  /** JSON, as it came. */
  readonly body: string
}

/** Calls that are under way: a file for each, from before anything is done until all is done. */
export interface Calls {
  /** Those that a process before this one was killed in. */
  readonly left: readonly Call[]
  begin(call: Call): void
  /** Before its answer goes out: what has an answer is not taken back. */
  end(call: Call): void
}

/** @param stateDirectory - that leases are kept in */
export const openCalls = (stateDirectory: string): Calls => {
  const folder = join(stateDirectory, 'docker-calls')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = ({ id }: Call): string => join(folder, `${id}.json`)
  return {
    left: readdirSync(folder).flatMap((name) => readCall(join(folder, name)) ?? []),
    begin: (call) => {
      try {
        writeFileSync(file(call), JSON.stringify(call), { mode: 0o600 })
      } catch {
        // A full disk: what takes room says so itself, and what gives room back is done all the same.
      }
    },
    end: (call) => rmSync(file(call), { force: true }),
  }
}

/** A file that was cut off is of a call that nothing was done for. */
const readCall = (file: string): Call | null => {
  try {
    const { id, path, body } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Call>
    if (typeof id === 'string' && typeof path === 'string' && typeof body === 'string')
      return { id, path, body }
  } catch {
    // It is no call, as is said below.
  }
  rmSync(file, { force: true })
  return null
}
