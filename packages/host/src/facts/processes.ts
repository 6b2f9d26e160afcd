import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** The processes there are, the lowest number first. */
export const processIds = (proc: string): readonly number[] =>
  readdirSync(proc)
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b)

/**
 * What a process calls itself.
 *
 * @param folder - `/proc/PID`
 * @returns null when it has ended
 */
export const processName = (folder: string): string | null => {
  try {
    const name = readFileSync(`${folder}/comm`, 'utf8').trimEnd()
    // Newer Node names its main thread, and so the process, after what every Node process has.
    return name === 'MainThread' ? basename(readlinkSync(`${folder}/exe`)) : name
  } catch {
    return null
  }
}
