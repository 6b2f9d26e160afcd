import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A call of dockerd that is not answered yet. */
export interface Call {
  /** Unique to this call. */
  readonly id: string
  readonly path: string
  /** The JSON text as received. */
  readonly body: string
}

/**
 * The calls under way, each in a file of its own. The file exists from before the first change until the work is done.
 */
export interface Calls {
  /** The calls that an earlier process did not finish before it was killed. */
  readonly left: readonly Call[]
  begin(call: Call): void
  /** Called before the answer is sent, because an answered call must not be taken back. */
  end(call: Call): void
}

/** Opens the records of calls. @param stateDirectory - the directory that holds the leases */
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
        // The disk is full. A call that needs room fails by itself, and a call that frees room must still be done.
      }
    },
    end: (call) => rmSync(file(call), { force: true }),
  }
}

/** Reads a recorded call. A file that was cut off belongs to a call for which nothing was done, so it is removed. */
const readCall = (file: string): Call | null => {
  try {
    const { id, path, body } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Call>
    if (typeof id === 'string' && typeof path === 'string' && typeof body === 'string')
      return { id, path, body }
  } catch {
    // Not a call: the file is removed below.
  }
  rmSync(file, { force: true })
  return null
}
