import type { EngineParser, EngineReading } from '@portolan/core'
import { DeviceError, isAbsent, readTextFile, whyUnread } from '../file/index.ts'

/** The most bytes of a configuration file. No such file is a hundredth as long; a longer file is something else. */
export const mostBytes: number = 4 * 2 ** 20

/** Reads one configuration file of another engine. */
export const readEngineFile = (file: string, parse: EngineParser): EngineReading => {
  let text: string
  try {
    text = readTextFile(file, { mostBytes, invalid: 'replace' })
  } catch (error) {
    // A link to /dev/null masks a file (systemd.network(5)).
    return isAbsent(error) || error instanceof DeviceError ? nothing : complaint(file, whyUnread(error))
  }
  try {
    return parse(text, file)
  } catch (error) {
    // Parsers of foreign files promise not to throw. A parser that breaks its promise must not end a plan.
    return complaint(file, error instanceof Error ? error.message : String(error))
  }
}

const nothing: EngineReading = { networks: [], pools: [], complaints: [] }

const complaint = (file: string, why: string): EngineReading => ({
  ...nothing,
  complaints: [`${file} could not be read (${why}): the networks it defines are not avoided.`],
})
