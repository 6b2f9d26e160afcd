import { readFileSync, statSync } from 'node:fs'
import type { EngineParser, EngineReading } from '@portolan/core'

/** No file of this kind is a hundredth as long; what is longer is something else. */
const MOST_BYTES = 4 * 2 ** 20

/** One configuration file of another engine, read. */
export const readEngineFile = (file: string, parse: EngineParser): EngineReading => {
  try {
    const entry = statSync(file)
    // Reading a pipe or a device may never end.
    if (!entry.isFile()) return nothing
    if (entry.size > MOST_BYTES) return complaint(file, `it has ${entry.size} bytes`)
    return parse(readFileSync(file, 'utf8'), file)
  } catch (error) {
    return isAbsent(error) ? nothing : complaint(file, whyUnread(error))
  }
}

const nothing: EngineReading = { networks: [], pools: [], complaints: [] }

const complaint = (file: string, why: string): EngineReading => ({
  ...nothing,
  complaints: [`${file} could not be read (${why}): the networks it defines are not avoided.`],
})

/** Not there, or gone since it was listed, or below something that is no folder. */
export const isAbsent = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))

/** Why something cannot be read, in a few words. */
export const whyUnread = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not'
  return code === 'ELOOP' ? 'its links go in circles' : (code ?? message)
}
